import { EventEmitter } from "node:events";
import type { ExecSession } from "@berth/core";
import { makeManualClock } from "@berth/core/testing";
import { expect, it } from "vitest";
import type { WebSocket } from "ws";
import { serveSession } from "./serve-session.ts";

const log = { debug() {}, info() {}, warn() {}, error() {} };

/** What of a connection a session uses. */
class Connection extends EventEmitter {
  readonly OPEN = 1;
  readyState = 1;
  readonly isPaused = false;
  readonly bufferedAmount = 0;
  readonly said: string[] = [];
  send(data: string, sent?: () => void) {
    this.said.push(data);
    sent?.();
  }
  ping() {}
  pause() {}
  resume() {}
  close() {
    this.terminate();
  }
  terminate() {
    this.readyState = 3;
    this.emit("close");
  }
}

it("ends a session where nobody can tell any more whether it is allowed", async () => {
  const clock = makeManualClock();
  const connection = new Connection();
  let isHungUp = false;
  const session: ExecSession = {
    output: { [Symbol.asyncIterator]: () => ({ next: () => new Promise(() => {}) }) },
    exit: new Promise(() => {}),
    write: async () => {},
    endInput() {},
    resize() {},
    close: async () => void (isHungUp = true),
  };
  const served = {
    open: async () => ({ session, told: {} }),
    stillAllowed: () => Promise.reject(new Error("the database is closed")),
    signal: new AbortController().signal,
  };
  const random = { bytes: (count: number) => new Uint8Array(count) };
  const done = serveSession(connection as unknown as WebSocket, served, { clock, random, log });
  connection.emit("message", Buffer.from(JSON.stringify({ kind: "start" })), false);
  await expect.poll(() => connection.said.length).toBe(1);
  clock.advance(15_000);
  await done;
  expect(isHungUp).toBe(true);
  expect(connection.said.map((text) => JSON.parse(text).kind)).toEqual(["started", "error"]);
});
