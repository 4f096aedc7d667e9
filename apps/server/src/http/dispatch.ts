import type { IncomingMessage, ServerResponse } from "node:http";
import { type HostTarget, parseHost } from "@berth/core";
import { hostName } from "@berth/router";
import type { Receiver } from "./gate.ts";
import { isByAddress } from "./metrics.ts";

type Handle = Receiver["handle"];

export interface DispatchParts {
  domain: string;
  /** API and pages of the bare domain. */
  berth: Handle;
  git: Handle;
  /** Images; tells a client itself when to send its body. */
  registry: Handle;
  router: Receiver;
  /** Answers who asks for the metrics of this process. False where it was something else. */
  metrics(request: IncomingMessage, response: ServerResponse): boolean;
  /** Takes upgrades at the bare domain: the connections of routers in other processes, the sessions of the API. False where it is none of them. */
  upgrade(...upgrade: Parameters<Receiver["upgrade"]>): boolean;
  /** Brings a release up for its permalink. False where there is none. */
  visit(app: string, version: number): Promise<boolean>;
}

const gitPath = /^\/[^/?]+\.git(?:\/|\?|$)/;
const registryPath = /^\/v2(?:\/|\?|$)/;
const loopbackHosts = new Set(["localhost", "127.0.0.1", "[::1]"]);

function isForRegistry({ url = "" }: IncomingMessage): boolean {
  return registryPath.test(url);
}

/** Sends each request to the part that it is for, by host and then by path. */
export function makeDispatch(parts: DispatchParts): Receiver {
  const { domain, berth, git, registry, router, metrics, upgrade, visit } = parts;

  function targetOf(request: IncomingMessage): HostTarget | null {
    const host = hostName(request.headers.host ?? "");
    return loopbackHosts.has(host) ? { kind: "berth" } : parseHost(host, domain);
  }

  /** A permalink's release may have to be started first; whatever comes of that, the router answers. */
  function whenVisited(target: HostTarget | null, go: () => void) {
    if (target?.kind !== "release") return go();
    visit(target.app, target.version).then(go, go);
  }

  const handleBerth: Handle = (request, response) => {
    if (gitPath.test(request.url ?? "")) git(request, response);
    else if (isForRegistry(request)) registry(request, response);
    else berth(request, response);
  };

  return {
    handle(request, response) {
      const target = targetOf(request);
      if ((target?.kind === "berth" || isByAddress(request)) && metrics(request, response)) return;
      if (target?.kind === "berth") handleBerth(request, response);
      else whenVisited(target, () => router.handle(request, response));
    },
    handleContinue(request, response) {
      const target = targetOf(request);
      if (target?.kind !== "berth") return whenVisited(target, () => router.handleContinue(request, response));
      if (!isForRegistry(request)) response.writeContinue();
      handleBerth(request, response);
    },
    upgrade(request, socket, head) {
      const target = targetOf(request);
      if (target?.kind === "berth" && upgrade(request, socket, head)) return;
      if (target?.kind === "berth") {
        socket.end("HTTP/1.1 404 Not Found\r\nConnection: close\r\nContent-Length: 0\r\n\r\n");
        return;
      }
      whenVisited(target, () => router.upgrade(request, socket, head));
    },
  };
}
