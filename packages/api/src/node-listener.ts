import type { IncomingMessage, ServerResponse } from "node:http";
import { getRequestListener } from "@hono/node-server";
import type { Log } from "@berth/core";
import { BerthError } from "@berth/core";
import { problemResponse } from "./http/problem.ts";

/** The API as what Node's HTTP server calls for each request. */
export function makeNodeListener(
  api: { fetch(request: Request): Response | Promise<Response> },
  deps: { log: Log },
): (request: IncomingMessage, response: ServerResponse) => void {
  const listen = getRequestListener((request) => api.fetch(request), {
    // The rest of the process keeps Node's own Request and Response.
    overrideGlobalObjects: false,
    // Only what cannot be made a Request gets here: a broken URL, a method that fetch does not know.
    errorHandler: (thrown) => {
      deps.log.debug({ err: thrown }, "refused a malformed request");
      return problemResponse(
        new BerthError("input.invalid", "The request is malformed.", {
          hint: "Check its URL, method and Host header.",
        }),
      );
    },
  });
  return (request, response) => {
    listen(request, response).catch((thrown: unknown) => {
      deps.log.error({ err: thrown }, "could not answer a request");
      response.destroy();
    });
  };
}
