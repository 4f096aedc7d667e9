import type { IncomingMessage } from "node:http";
import { isIP, type Socket } from "node:net";
import { type Peer, peerOf } from "../front/peer.ts";
import { plainAddress } from "../front/proxy-protocol.ts";
import { isHost } from "../route.ts";

/** Who asked for what, as far as it can be believed. */
export interface Origin {
  /** The address of the client. */
  client: string;
  host: string;
  proto: "http" | "https";
  port: string;
}

interface Kept {
  host: string;
  origin: Origin;
  headers: string;
}

/** A connection asks for the same host again and again, so what it leads to is kept. */
const kept = new WeakMap<Socket, Kept>();

/** The headers by which an instance learns who asked for what, each on its line. */
export function originHeaders(req: IncomingMessage, host: string): string {
  return find(req, host).headers;
}

/** Who asked for what. */
export function originOf(req: IncomingMessage, host: string): Origin {
  return find(req, host).origin;
}

/** Nothing more is asked over this connection. */
export function forgetOrigin(socket: Socket): void {
  kept.delete(socket);
}

function find(req: IncomingMessage, host: string): Kept {
  const { socket } = req;
  const known = kept.get(socket);
  if (known !== undefined && known.host === host) return known;
  const peer = peerOf(socket);
  if (peer?.isTrusted != null && peer.isTrusted(peer.address))
    // Each request of a proxy may be of another client.
    return make(host, forwardedOrigin(req, host, peer, peer.isTrusted));
  const client = peer?.address ?? plainAddress(socket.remoteAddress ?? "unknown");
  const port = String(peer?.localPort ?? socket.localPort ?? "");
  const found = make(host, { client, host, proto: "http", port });
  kept.set(socket, found);
  return found;
}

/**
 * What a trusted proxy says. Each proxy on the way adds at the right whom it was asked by, so the client is the first from the right that is no trusted
 * proxy: what stands left of it, the client has said itself. Where all are trusted, it is the leftmost.
 */
function forwardedOrigin(
  { headers }: IncomingMessage,
  host: string,
  peer: Peer,
  isTrusted: (address: string) => boolean,
): Origin {
  const chain = listOf(headers["x-forwarded-for"]);
  let client = peer.address;
  let place = chain.length;
  while (place > 0 && isTrusted(client)) {
    const address = addressOf(chain[place - 1] ?? "");
    if (address === null) break;
    client = address;
    place--;
  }
  const protos = listOf(headers["x-forwarded-proto"]);
  // With as many entries as addresses, each proxy has added one; otherwise the nearest has said it last.
  const said = (protos.length === chain.length ? protos[place] : undefined) ?? protos.at(-1);
  const proto = said?.toLowerCase() === "https" ? "https" : "http";
  const named = listOf(headers["x-forwarded-host"]).at(-1);
  const port = listOf(headers["x-forwarded-port"]).at(-1) ?? "";
  return {
    client,
    host: named !== undefined && isHost(named) ? named : host,
    proto,
    port: /^\d{1,5}$/.test(port)
      ? port
      : said === undefined
        ? String(peer.localPort)
        : proto === "https"
          ? "443"
          : "80",
  };
}

function listOf(header: string | string[] | undefined): string[] {
  if (header === undefined) return [];
  return String(header)
    .split(",")
    .map((part) => part.trim())
    .filter((part) => part !== "");
}

/** An address with or without a port, `[…]` around one of IPv6 that has it. Null where it is none, as with `unknown`. */
function addressOf(text: string): string | null {
  const bare =
    /^\[([0-9A-Fa-f:.]+)\](?::\d+)?$/.exec(text)?.[1] ?? /^(\d+\.\d+\.\d+\.\d+):\d+$/.exec(text)?.[1] ?? text;
  return isIP(bare) === 0 ? null : plainAddress(bare);
}

function make(asked: string, origin: Origin): Kept {
  const { client, host, proto, port } = origin;
  const node = client.includes(":") ? `"[${client}]"` : client;
  const headers = [
    `x-forwarded-for: ${client}`,
    `x-forwarded-host: ${host}`,
    `x-forwarded-proto: ${proto}`,
    `x-forwarded-port: ${port}`,
    `x-real-ip: ${client}`,
    `forwarded: for=${node};host="${host}";proto=${proto}`,
    "",
  ].join("\r\n");
  return { host: asked, origin, headers };
}
