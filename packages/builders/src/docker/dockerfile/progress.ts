import type { BuildSink, Clock } from "@berth/core";
import { makeOutput } from "../../build/output/lines.ts";
import type { LineReader, Output } from "../../build/output/lines.ts";
import type { BuildStatus, Vertex } from "./status.ts";

interface Running {
  startedAt: number;
  output: Output;
  /** One for each stream: a line of one may come between the parts of another's. */
  readers: Map<number, LineReader>;
}

/** An instruction that failed, and what it printed last. */
export interface FailedInstruction {
  name: string;
  error: string;
  lines: readonly string[];
}

export interface Progress {
  tell(status: BuildStatus): void;
  /** What failed first; null where nothing did. */
  failed(): FailedInstruction | null;
  /** Images of FROM lines as they were found: name to digest. */
  bases(): Record<string, string>;
}

/** What is not part of the Dockerfile, but of getting it there. */
const internal = /^\[internal\]|^exporting |^resolve image config|^docker-image:\/\//;
const fromLine = /\bFROM\s+(\S+?)@(sha256:[0-9a-f]{64})/;

/** Tells a build's instructions as steps, as far as they run one after the other; lines of those that run at once say whose they are. */
export function makeProgress(sink: BuildSink, mask: (text: string) => string, clock: Pick<Clock, "now">): Progress {
  const running = new Map<string, Running>();
  const ended = new Set<string>();
  const bases: Record<string, string> = {};
  let failed: FailedInstruction | null = null;

  function begin({ digest, name }: Vertex): Running {
    const label = labelOf(name);
    if (!internal.test(name)) sink.start(label, mask(textOf(name)));
    const output = makeOutput((text) => sink.line(running.size > 1 ? `${label} ${text}` : text), mask);
    const started = { startedAt: clock.now(), output, readers: new Map<number, LineReader>() };
    running.set(digest, started);
    return started;
  }

  function see(vertex: Vertex): void {
    const { digest, name, cached, started, completed, error } = vertex;
    const from = fromLine.exec(name);
    if (from !== null) bases[from[1] ?? ""] = from[2] ?? "";
    if (ended.has(digest)) return;
    if (started && !completed && !running.has(digest)) begin(vertex);
    if (!completed && error === "") return;
    const state = running.get(digest);
    for (const reader of state?.readers.values() ?? []) reader.end();
    ended.add(digest);
    if (error !== "") {
      failed ??= { name, error, lines: state?.output.last() ?? [] };
      return;
    }
    if (!internal.test(name)) {
      if (state === undefined) sink.start(labelOf(name), mask(`${textOf(name)}${cached ? " (unchanged)" : ""}`));
      sink.end(labelOf(name), state === undefined ? 0 : clock.now() - state.startedAt);
    }
    running.delete(digest);
  }

  return {
    tell({ vertexes, logs }) {
      for (const vertex of vertexes.filter((vertex) => !vertex.completed)) see(vertex);
      for (const { vertex, stream, text } of logs) {
        const state = running.get(vertex);
        if (state !== undefined) readerOf(state, stream).write(text);
      }
      for (const vertex of vertexes.filter((vertex) => vertex.completed)) see(vertex);
    },
    failed: () => failed,
    bases: () => bases,
  };
}

function readerOf({ readers, output }: Running, stream: number): LineReader {
  const known = readers.get(stream);
  if (known !== undefined) return known;
  const reader = output.reader();
  readers.set(stream, reader);
  return reader;
}

/** `[build 2/5] RUN npm ci` is step `build 2/5`. */
function labelOf(name: string): string {
  return /^\[([^\]]+)\]/.exec(name)?.[1]?.replace(/\s+/g, " ").trim() ?? "dockerfile";
}

function textOf(name: string): string {
  return name.replace(/^\[[^\]]+\]\s*/, "");
}
