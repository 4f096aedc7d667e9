import type { IncomingMessage, ServerResponse } from "node:http";
import type { Duplex } from "node:stream";

/** A request as it came to the router. */
export interface Arrival {
  req: IncomingMessage;
  res: ServerResponse;
  host: string;
  /** Path and query, as the instance gets them. */
  path: string;
  /** The neighbour's port it came in by, or null where it came by a host name. */
  port: number | null;
  requestId: string;
  /** The client waits for a 100 before it sends its body. */
  awaitsContinue: boolean;
  upgrade: { protocol: string; socket: Duplex; head: Buffer } | null;
}
