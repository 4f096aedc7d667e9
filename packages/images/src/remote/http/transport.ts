import type { ClientRequest, IncomingMessage, RequestOptions } from "node:http";
import { pipeline } from "node:stream";
import type { Readable } from "node:stream";
import { makeAgents } from "./agents.ts";
import type { AgentsDeps } from "./agents.ts";
import { makeAnswer, stalledProblem } from "./answer.ts";
import type { Answer, AnswerDeps } from "./answer.ts";
import { codeOf, networkProblem, unknownAuthority } from "./network-problem.ts";
import { RemoteProblem } from "./problem.ts";
import { followRedirect, headersFor, isRedirect, mostHops } from "./redirect.ts";
import { startWatch } from "./watch.ts";

/** What is sent along with a request; it can be sent again. */
export interface OutgoingBody {
  sizeBytes: number;
  open(): Readable;
}

export interface Outgoing {
  method: "GET" | "HEAD" | "POST" | "PUT" | "PATCH";
  url: URL;
  headers: Readonly<Record<string, string>>;
  body?: OutgoingBody | undefined;
  signal: AbortSignal;
}

export interface Transport {
  /** Sends a request and follows redirects. Resolves with any status; throws a `RemoteProblem` where there is no answer. */
  send(outgoing: Outgoing): Promise<Answer>;
  close(): void;
}

export type TransportDeps = AnswerDeps & AgentsDeps;

/** HTTP as registries need it, on Node's own client: `fetch` alone would take more memory than all the rest of this. */
export function makeTransport(deps: TransportDeps): Transport {
  const agents = makeAgents(deps);

  async function sendOnce(outgoing: Outgoing, url: URL, headers: Record<string, string>): Promise<IncomingMessage> {
    const { method, signal } = outgoing;
    const length = outgoing.body?.sizeBytes ?? (method === "GET" || method === "HEAD" ? null : 0);
    const options: RequestOptions = {
      method,
      signal,
      headers: { "user-agent": "berth", ...headers, ...(length !== null && { "content-length": length }) },
    };
    const exchange = () => agents.begin(url, options).then((request) => converse(deps, request, outgoing, url));
    try {
      return await exchange();
    } catch (error) {
      // Node.js brings its own list of authorities; what only the system's has is looked up where it is needed.
      if (unknownAuthority.has(codeOf(error) ?? "") && (await agents.trustSystem())) return await exchange();
      throw error;
    }
  }

  return {
    async send(outgoing) {
      let url = outgoing.url;
      let headers = { ...outgoing.headers };
      for (let hops = 0; hops <= mostHops; hops++) {
        outgoing.signal.throwIfAborted();
        const response = await sendOnce(outgoing, url, headers).catch((error: unknown) => {
          outgoing.signal.throwIfAborted();
          throw networkProblem(error, url.origin) ?? error;
        });
        const answer = makeAnswer(deps, response, url, outgoing.signal);
        if (!isRedirect(answer.status, outgoing.method)) return answer;
        answer.drop();
        const next = followRedirect(url, answer.headers.location);
        headers = headersFor(headers, url, next);
        url = next;
      }
      throw new RemoteProblem("malformed", outgoing.url.origin, "redirects in a circle");
    },
    close: () => agents.close(),
  };
}

/** Sends the body, if any, and waits for the head of the answer. */
function converse(
  { clock, limits }: AnswerDeps,
  request: ClientRequest,
  { method, body }: Outgoing,
  url: URL,
): Promise<IncomingMessage> {
  const source = body?.open();
  let sentBytes = 0;
  let quietMs = 0;
  // What changes something may take the registry a while once it has everything.
  const patienceMs = method === "GET" || method === "HEAD" ? limits.stallMs : limits.answerMs;
  const stop = startWatch(clock, limits.stallMs, {
    moved() {
      const wasSent = sentBytes > 0;
      sentBytes = 0;
      quietMs = wasSent ? 0 : quietMs + limits.stallMs;
      return wasSent || (source?.readableEnded !== false && quietMs < patienceMs);
    },
    stalled: () => void request.destroy(stalledProblem(url, quietMs)),
  });
  return new Promise<IncomingMessage>((resolve, reject) => {
    request.on("error", reject);
    request.on("response", (response) => {
      // An answer that comes before all was sent is a refusal: once it is read, there is nothing to go on with.
      if (source?.readableEnded === false) response.once("close", () => source.destroy());
      resolve(response);
    });
    if (source === undefined) {
      request.end();
      return;
    }
    source.on("data", (chunk: Buffer) => (sentBytes += chunk.length));
    source.pause();
    pipeline(source, request, (error) => {
      if (error) reject(error);
    });
  }).finally(stop);
}
