import { request } from "node:http";
import { type Endpoint, hasCode, type ProbeAnswer } from "@berth/core";

/** Why there was no answer, by the system's word for it. */
const failures: readonly (readonly [code: string, clause: string])[] = [
  ["ECONNREFUSED", "it does not listen"],
  ["ECONNRESET", "it closed the connection without an answer"],
  ["EHOSTUNREACH", "it is not reached"],
  ["ETIMEDOUT", "it is not reached"],
];

export interface HttpQuestion {
  path: string;
  headers: Record<string, string>;
  /** An answer that goes on for longer is taken as far as it has come. */
  timeoutMs: number;
}

/** Asks an instance once, by a connection of its own, and reads the answer to its end. Follows no redirect. */
export function askHttp(
  { host, port }: Endpoint,
  { path, headers, timeoutMs }: HttpQuestion,
  signal: AbortSignal,
): Promise<ProbeAnswer> {
  const startedAt = performance.now();
  const limit = AbortSignal.any([signal, AbortSignal.timeout(timeoutMs)]);
  return new Promise((resolve) => {
    let status: number | null = null;
    let bytes = 0;
    const end = (failure: string | null) => {
      outgoing.destroy();
      resolve({ status, durationMs: Math.round(performance.now() - startedAt), bytes, failure });
    };
    const breakOff = (error: unknown) => {
      if (limit.aborted) end(status === null ? `it did not answer within ${timeoutMs / 1_000} s` : null);
      else end(status === null ? failureOf(error) : "it broke off its answer");
    };
    const outgoing = request({ host, port, path, headers, agent: false, signal: limit }, (response) => {
      status = response.statusCode ?? null;
      response.on("data", (chunk: Buffer) => (bytes += chunk.byteLength));
      response.once("end", () => end(null));
      response.once("error", breakOff);
    });
    outgoing.once("error", breakOff);
    outgoing.end();
  });
}

function failureOf(error: unknown): string {
  const known = failures.find(([code]) => hasCode(error, code));
  return known?.[1] ?? `it gave no answer: ${error instanceof Error ? error.message : String(error)}`;
}
