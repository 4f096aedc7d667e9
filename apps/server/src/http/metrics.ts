import type { IncomingMessage, ServerResponse } from "node:http";
import { isIP } from "node:net";
import type { Log } from "@berth/core";
import { hostName, type Metric, metricsText, metricsType } from "@berth/router";

export interface MetricsDeps {
  /** What there is to tell. */
  metrics(): Promise<Metric[]>;
  /** Whether a token of the API is good, whatever its role. Rejects where that cannot be found out. */
  isToken(secret: string): Promise<boolean>;
  log: Log;
}

const path = "/metrics";
const bearer = /^Bearer +(\S+) *$/i;

/** Whether a request is by the address of this process: no app has one for a host. */
export function isByAddress({ headers }: IncomingMessage): boolean {
  return isIP(hostName(headers.host ?? "").replace(/^\[(.*)\]$/, "$1")) !== 0;
}

/** Answers whoever collects metrics. `take` is true where this was such a request; whether it is at a host of Berth's own, the caller knows. */
export function makeMetricsAnswer({ metrics, isToken, log }: MetricsDeps): {
  take(request: IncomingMessage, response: ServerResponse): boolean;
} {
  async function answer({ method, headers }: IncomingMessage, response: ServerResponse): Promise<void> {
    const secret = bearer.exec(headers.authorization ?? "")?.[1];
    let isGood = false;
    try {
      isGood = secret !== undefined && (await isToken(secret));
    } catch {
      return say(response, 503, "text/plain", "The Berth server, which knows who has a token, cannot be reached.\n");
    }
    if (!isGood) {
      response.setHeader("www-authenticate", 'Bearer realm="berth"');
      return say(
        response,
        401,
        "text/plain",
        "This needs a token: Authorization: Bearer <token>. berth tokens create makes one.\n",
      );
    }
    if (method === "HEAD") return say(response, 200, metricsType, "");
    try {
      say(response, 200, metricsType, metricsText(await metrics()));
    } catch (error) {
      log.error({ err: error }, "metrics could not be told");
      say(response, 500, "text/plain", "What the processes at this port count cannot be read: see the log.\n");
    }
  }

  return {
    take(request, response) {
      const { url = "", method } = request;
      if (url.split("?", 1)[0] !== path || (method !== "GET" && method !== "HEAD")) return false;
      void answer(request, response);
      return true;
    },
  };
}

function say(response: ServerResponse, status: number, type: string, text: string): void {
  if (response.destroyed) return;
  response.writeHead(status, {
    "content-type": type,
    "cache-control": "no-store",
    "x-content-type-options": "nosniff",
  });
  response.end(text);
}
