import type { IncomingMessage, Server, ServerResponse } from "node:http";
import { HttpServer } from "./front/http-server.ts";

/**
 * From now on each answer of this server ends its connection, so that who has more to ask makes another one, which may lead elsewhere. Closing
 * one that is idle instead would meet the requests that are on their way.
 */
export function partFrom(server: Server): void {
  const part = (_: IncomingMessage, response: ServerResponse) => {
    response.shouldKeepAlive = false;
  };
  if (server instanceof HttpServer) server.part();
  server.prependListener("request", part).prependListener("checkContinue", part);
}
