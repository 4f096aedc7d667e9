import type { Random } from "@berth/core";

const form = /^([0-9a-f]{2})-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})(-.*)?$/;
const bytesAtOnce = 4_800;
const bytesEach = 24;

/** The trace that a `traceparent` names (W3C Trace Context, 3.2), or null where it is not valid. */
export function traceIdOf(traceparent: string): string | null {
  const [, version, trace = "", parent = "", , more] = form.exec(traceparent) ?? [];
  if (version === undefined || version === "ff" || (version === "00" && more !== undefined)) return null;
  return /^0+$/.test(trace) || /^0+$/.test(parent) ? null : trace;
}

/** Makes the `traceparent` of a request that has none. It is marked as sampled: OpenTelemetry's default sampler follows its parent, and without the mark apps would record nothing. */
export function makeTraceParents(random: Random): () => string {
  let bytes = "";
  let at = 0;
  return () => {
    if (at >= bytes.length) {
      bytes = Buffer.from(random.bytes(bytesAtOnce)).toString("hex");
      at = 0;
    }
    const trace = bytes.slice(at, at + 32);
    const parent = bytes.slice(at + 32, at + 48);
    at += bytesEach * 2;
    return `00-${trace}-${parent}-01`;
  };
}
