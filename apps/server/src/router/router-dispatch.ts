import type { IncomingMessage, ServerResponse } from "node:http";
import type { Duplex } from "node:stream";
import { parseHost } from "@berth/core";
import { hostName } from "@berth/router";
import type { Receiver } from "../http/gate.ts";
import { isByAddress } from "../http/metrics.ts";

export interface RouterDispatchParts {
  domain: string;
  router: Receiver;
  /** Answers who asks this process itself for its metrics. False where it was something else. */
  metrics(request: IncomingMessage, response: ServerResponse): boolean;
  /** Whether there is a table to route by. */
  hasTable(): boolean;
  /** Why whoever chooses among routers should not choose this one; null where it may. */
  absence(): string | null;
  /** Whether requests to this host can be routed. */
  hasHost(host: string): boolean;
  /** Has a release brought up for its permalink. Rejects where the server cannot be asked. */
  visit(app: string, version: number): Promise<boolean>;
}

const healthPath = "/healthz";

/** Takes the requests that come to a router in a process of its own. */
export function makeRouterDispatch(parts: RouterDispatchParts): Receiver {
  const { domain, router, metrics, hasTable, absence, hasHost, visit } = parts;

  /** A permalink's release may have to be started first. */
  function whenRoutable(request: IncomingMessage, go: () => void, refuse: (status: number, why: string) => void) {
    if (!hasTable()) return refuse(503, "This router has not heard of a Berth server yet.");
    const host = hostName(request.headers.host ?? "");
    const target = hasHost(host) ? null : parseHost(host, domain);
    if (target?.kind !== "release") return go();
    visit(target.app, target.version).then(go, () =>
      refuse(503, "The Berth server, which has to bring this release up, cannot be reached."),
    );
  }

  return {
    handle(request, response) {
      if (isProbe(request)) return answer(response, absence() === null ? 200 : 503, absence() ?? "ready");
      if (isByAddress(request) && metrics(request, response)) return;
      whenRoutable(
        request,
        () => router.handle(request, response),
        (status, why) => answer(response, status, why),
      );
    },
    handleContinue(request, response) {
      whenRoutable(
        request,
        () => router.handleContinue(request, response),
        (status, why) => {
          response.shouldKeepAlive = false;
          answer(response, status, why);
        },
      );
    },
    upgrade(request, socket, head) {
      whenRoutable(
        request,
        () => router.upgrade(request, socket, head),
        (status, why) => refuseUpgrade(socket, status, why),
      );
    },
  };
}

/** Whoever looks after this process asks it by its address. */
function isProbe(request: IncomingMessage): boolean {
  const { url, method } = request;
  return url === healthPath && (method === "GET" || method === "HEAD") && isByAddress(request);
}

function answer(response: ServerResponse, status: number, text: string): void {
  if (response.destroyed) return;
  response.setHeader("content-type", "text/plain");
  response.setHeader("cache-control", "no-store");
  if (status === 503) response.setHeader("retry-after", 2);
  response.statusCode = status;
  response.end(`${text}\n`);
}

function refuseUpgrade(socket: Duplex, status: number, why: string): void {
  socket.on("error", () => socket.destroy());
  socket.end(`HTTP/1.1 ${status} ${why}\r\nconnection: close\r\ncontent-length: 0\r\n\r\n`);
}
