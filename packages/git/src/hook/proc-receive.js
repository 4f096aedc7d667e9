#!/usr/bin/env berth-node
// Runs below `git receive-pack`, once per push, and only carries: git's commands go to the server over the socket that
// was inherited as fd 3; what the server answers goes to the pusher (band 2) or to git as the report (band 1).
// Everything blocks on purpose: the shortest way to start, and there is nothing else to do meanwhile.
"use strict";
const { readSync, writeSync } = require("node:fs");

const server = 3;

function readFully(fd, length) {
  const bytes = Buffer.allocUnsafe(length);
  for (let filled = 0; filled < length;) {
    const count = readSync(fd, bytes, filled, length - filled, null);
    if (count === 0) throw new Error("the other side ended early");
    filled += count;
  }
  return bytes;
}

function writeFully(fd, bytes) {
  for (let written = 0; written < bytes.length;) written += writeSync(fd, bytes, written);
}

/** A pkt-line with its length, or null for a flush. */
function readPacket(fd) {
  const head = readFully(fd, 4);
  const length = Number.parseInt(head.toString("latin1"), 16);
  if (length === 0) return null;
  return Buffer.concat([head, readFully(fd, length - 4)]);
}

function readUntilFlush(fd) {
  const packets = [];
  for (let packet = readPacket(fd); packet !== null; packet = readPacket(fd)) packets.push(packet);
  return packets;
}

try {
  readUntilFlush(0);
  writeFully(1, Buffer.from("000eversion=1\n0000"));
  writeFully(server, Buffer.concat([...readUntilFlush(0), Buffer.from("0000")]));
  for (let packet = readPacket(server); packet !== null; packet = readPacket(server)) {
    writeFully(packet[4], packet.subarray(5));
  }
} catch (error) {
  if (error.code === "EPIPE") process.exit(1);
  writeFully(2, Buffer.from(`berth: the push could not be handed to the server: ${error.message}\n`));
  process.exit(1);
}
