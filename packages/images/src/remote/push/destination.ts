import type { Digest } from "@berth/core";
import type { Answer } from "../http/answer.ts";
import { retry } from "../http/retry.ts";
import type { Attempt } from "../http/retry.ts";
import { pullAndPush } from "../http/session.ts";
import type { Ask, Document } from "../http/session.ts";
import type { Place } from "../places/place.ts";
import type { Reach } from "../reach.ts";

/** A repository that something is pushed to. */
export interface Destination {
  place: Place;
  repository: string;
  /** As the registry itself names it: with the folder. */
  fullName: string;
  signal: AbortSignal;
  ask(request: Omit<Ask, "signal" | "scopes"> & { scopes?: readonly string[] }): Promise<Answer>;
  document(request: Omit<Ask, "signal" | "scopes">, mostBytes: number): Promise<Document>;
  /** The same with another signal. */
  within(signal: AbortSignal): Destination;
  /** Repeats what fails and may pass. */
  persist<T>(work: (attempt: Attempt) => Promise<T>): Promise<T>;
}

export function makeDestination(reach: Reach, place: Place, repository: string, signal: AbortSignal): Destination {
  const scopes = [pullAndPush(place, repository)];
  const { session } = reach;
  return {
    place,
    repository,
    fullName: `${place.folder}${repository}`,
    signal,
    ask: (request) => session.ask(place, repository, { scopes, ...request, signal }),
    document: (request, mostBytes) => session.document(place, repository, { scopes, ...request, signal }, mostBytes),
    within: (other) => makeDestination(reach, place, repository, other),
    persist: (work) => retry(reach, reach.limits.attempts, signal, work),
  };
}

/** Whether the registry has a blob or a manifest here already. */
export async function isThere(destination: Destination, kind: "blobs" | "manifests", digest: Digest, accept?: string) {
  const headers: Record<string, string> = accept === undefined ? {} : { accept };
  const request = { method: "HEAD", target: `${kind}/${digest}`, headers, expect: [200, 404] } as const;
  const { status } = await destination.document(request, 0);
  return status === 200;
}
