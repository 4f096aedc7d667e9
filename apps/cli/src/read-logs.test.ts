import type { ServiceLogLine, StreamLogsOptions } from "@berth/api/client";
import { BerthError } from "@berth/core/errors";
import { describe, expect, test } from "vitest";
import { readLogs } from "./read-logs.ts";

const scope = { app: "shop", environment: "production" };
const away = new BerthError("server.unreachable", "Nothing answers.");

function line(text: string, at: number, instance = "web-1"): ServiceLogLine {
  return { at, instance, text, stream: "stdout", service: "web", version: 1 };
}

/** A server that gives one of these answers to each request, and after the last one a Ctrl-C. */
async function read(
  answers: readonly (readonly (ServiceLogLine | BerthError)[])[],
  request: Partial<StreamLogsOptions>,
) {
  const left = [...answers];
  const asked: StreamLogsOptions[] = [];
  const said: string[] = [];
  const interrupt = new AbortController();
  async function* streamLogs(options: StreamLogsOptions) {
    asked.push(options);
    for (const one of left.shift() ?? []) {
      if (one instanceof BerthError) throw one;
      yield one;
    }
    if (left.length === 0) interrupt.abort();
  }
  const pausesMs: number[] = [];
  const pause = (ms: number) => Promise.resolve(void pausesMs.push(ms));
  const deps = { client: { streamLogs }, signal: interrupt.signal, say: (text: string) => said.push(text), pause };
  const lines: string[] = [];
  for await (const { text } of readLogs(deps, { ...scope, ...request })) lines.push(text);
  return { lines, asked, said, pausesMs };
}

describe("reading logs", () => {
  test("ends with the answer unless it follows", async () => {
    const { lines, asked } = await read([[line("one", 1), line("two", 2)], [line("three", 3)]], { tail: 5 });
    expect(lines).toEqual(["one", "two"]);
    expect(asked).toMatchObject([{ ...scope, tail: 5 }]);
  });

  test("goes on after a restart of the server without repeating or losing a line", async () => {
    const before = [line("a", 1), line("b", 2), line("b", 2), line("x", 2, "web-2")];
    const after = [...before, line("b", 2), line("c", 3), line("y", 3, "web-2"), line("new", 1, "web-3")];
    const { lines, asked, said } = await read([[...before, away], [away], [away], after], { tail: 3, follow: true });
    expect(lines).toEqual(["a", "b", "b", "x", "b", "c", "y", "new"]);
    expect(asked.map(({ tail }) => tail)).toEqual([3, 10_000, 10_000, 10_000]);
    expect(said).toEqual(["The server is away; waiting for it.", "The server is back."]);
  });

  test("waits longer and longer while the server is away, at most 5 s", async () => {
    const { pausesMs } = await read([...Array.from({ length: 8 }, () => [away]), []], { follow: true });
    expect(pausesMs).toEqual([200, 400, 800, 1600, 3200, 5000, 5000, 5000]);
  });

  test("does not wait for a server that is away where it does not follow", async () => {
    await expect(read([[away]], {})).rejects.toThrow(away);
  });

  test("ends with an error that waiting does not mend", async () => {
    const gone = new BerthError("environment.not-found", "It is gone.");
    await expect(read([[line("a", 1), away], [gone]], { follow: true })).rejects.toThrow(gone);
  });
});
