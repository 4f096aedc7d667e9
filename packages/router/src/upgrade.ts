import { type IncomingMessage, ServerResponse } from "node:http";
import { Socket } from "node:net";
import type { Duplex } from "node:stream";
import { hasBody } from "./request-body.ts";
import { endWithErrors } from "./tunnel.ts";

/**
 * Whether a request is to become a tunnel: a GET without a body that offers a protocol. An offer of HTTP/2 (h2c) is
 * declined by answering over HTTP/1.1. Meant for node:http's `shouldUpgradeCallback`.
 */
export function takesUpgrade(req: IncomingMessage): boolean {
  return req.method === "GET" && !hasBody(req) && protocolOf(req) !== null;
}

/** The protocol that a request offers to go on with, or null. */
export function protocolOf(req: IncomingMessage): string | null {
  const offered = req.headers.upgrade;
  return offered === undefined || /^\s*h2c?\b/i.test(offered) ? null : offered;
}

/** A response on a connection that node:http has let go for an upgrade, for all answers but a 101. The connection ends with it. */
export function responseOn(socket: Duplex, req: IncomingMessage): ServerResponse {
  const res = new ServerResponse(req);
  res.shouldKeepAlive = false;
  endWithErrors(socket);
  if (socket instanceof Socket) res.assignSocket(socket);
  res.once("finish", () => {
    if (socket instanceof Socket) res.detachSocket(socket);
    socket.end(() => socket.destroy());
  });
  return res;
}
