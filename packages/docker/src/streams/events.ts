import type { Readable } from "node:stream";
import { addressText } from "../address.ts";
import type { Engine } from "../engine.ts";
import { unreachable } from "../refusal.ts";

/** Something that has happened on an engine. */
export interface EngineEvent {
  /** `container`, `network`, `image`. */
  type: string;
  /** Such as `start`, `die`, `destroy`. */
  action: string;
  /** Of what it happened to. */
  id: string;
  attributes: Readonly<Record<string, string>>;
}

export interface EventStream {
  /** Resolves when the engine has ended it, or gone. */
  ended: Promise<void>;
  close(): void;
}

/** Tells of everything on an engine that these filters let through, from now on. Throws `engine.unreachable`. */
export async function openEvents(
  engine: Engine,
  filters: Readonly<Record<string, readonly string[]>>,
  onEvent: (event: EngineEvent) => void,
): Promise<EventStream> {
  const abort = new AbortController();
  const opened = await engine.ask((docker) =>
    docker.getEvents({ filters: JSON.stringify(filters), abortSignal: abort.signal }),
  );
  const stream = opened as unknown as Readable;
  const read = makeLineReader((line) => {
    const event = parseEvent(line);
    if (event !== null) onEvent(event);
  });
  stream.setEncoding("utf8");
  stream.on("data", (chunk: string) => read(chunk));
  stream.on("error", () => {});
  const ended = new Promise<void>((resolve) => stream.once("close", resolve));
  if (stream.destroyed) throw unreachable(engine.address, new Error(`${addressText(engine.address)} hung up`));
  return { ended, close: () => (abort.abort(), void stream.destroy()) };
}

/** Null for a line that is none, as where the engine went away in its middle. */
export function parseEvent(line: string): EngineEvent | null {
  try {
    const { Type: type, Action: action, Actor } = JSON.parse(line);
    if (typeof type !== "string" || typeof action !== "string") return null;
    return { type, action, id: Actor?.ID ?? "", attributes: Actor?.Attributes ?? {} };
  } catch {
    return null;
  }
}

function makeLineReader(onLine: (line: string) => void): (chunk: string) => void {
  let rest = "";
  return (chunk) => {
    const lines = (rest + chunk).split("\n");
    rest = lines.pop() ?? "";
    for (const line of lines) if (line.trim() !== "") onLine(line);
  };
}
