import type { Clock } from "@berth/core";
import type { Authoriser } from "../auth/authoriser.ts";
import type { RemoteLimits } from "../limits.ts";
import type { Place } from "../places/place.ts";
import type { Answer } from "./answer.ts";
import { stalledProblem } from "./answer.ts";
import { withDeadline } from "./deadline.ts";
import { RemoteProblem } from "./problem.ts";
import { readRefusal } from "./refusal.ts";
import type { Outgoing, OutgoingBody, Transport } from "./transport.ts";

/** A request to a registry. */
export interface Ask {
  method: Outgoing["method"];
  /** Below the repository, such as `manifests/24-slim`; or a URL that the registry gave. */
  target: string | URL;
  /** What it needs to be allowed. */
  scopes: readonly string[];
  headers?: Readonly<Record<string, string>>;
  body?: OutgoingBody;
  /** Statuses that are an answer; all others are thrown. */
  expect: readonly number[];
  signal: AbortSignal;
}

export interface Document {
  bytes: Buffer;
  status: number;
  headers: Answer["headers"];
}

/** Speaks to registries, and logs in where they want it. */
export interface Session {
  /** Throws a `RemoteProblem`. */
  ask(place: Place, repository: string, ask: Ask): Promise<Answer>;
  /** The same for what is small and read whole. */
  document(place: Place, repository: string, ask: Ask, mostBytes: number): Promise<Document>;
}

export interface SessionDeps {
  transport: Transport;
  authoriser: Authoriser;
  clock: Clock;
  limits: RemoteLimits;
}

export const pull = (place: Place, repository: string) => `repository:${place.folder}${repository}:pull`;
export const pullAndPush = (place: Place, repository: string) => `repository:${place.folder}${repository}:pull,push`;

export function makeSession({ transport, authoriser, clock, limits }: SessionDeps): Session {
  async function ask(place: Place, repository: string, request: Ask): Promise<Answer> {
    const { target, scopes, signal } = request;
    const url = typeof target === "string" ? urlOf(place, repository, target) : target;
    const isHere = url.origin === place.origin;
    const send = (authorization: string | null) => {
      const headers = { ...request.headers, ...(authorization !== null && { authorization }) };
      return transport.send({ method: request.method, url, headers, body: request.body, signal });
    };
    // Whoever keeps the blobs elsewhere gave a URL that says it all.
    const known = isHere ? await authoriser.header(place, scopes, signal) : null;
    let answer = await send(known);
    if (answer.status === 401 && isHere && answer.url.origin === place.origin) {
      const fresh = await authoriser.renew(place, scopes, answer.headers["www-authenticate"], known, signal);
      if (fresh !== null) {
        answer.drop();
        answer = await send(fresh);
      }
    }
    if (request.expect.includes(answer.status)) return answer;
    const refusal = await readRefusal(answer, clock, authoriser.used(place));
    if (refusal.kind !== "unauthorised" || answer.url.origin === place.origin) throw refusal;
    // A redirect's URL that is no longer good: the registry gives a new one.
    throw new RemoteProblem("failed", refusal.origin, refusal.said, refusal.options);
  }

  return {
    ask,
    document(place, repository, request, mostBytes) {
      const late = () => stalledProblem(new URL(place.origin), limits.documentMs);
      return withDeadline(clock, limits.documentMs, request.signal, late, async (signal) => {
        const answer = await ask(place, repository, { ...request, signal });
        return { bytes: await answer.whole(mostBytes), status: answer.status, headers: answer.headers };
      });
    },
  };
}

function urlOf(place: Place, repository: string, target: string): URL {
  return new URL(`${place.api}${place.folder}${repository}/${target}`, place.origin);
}
