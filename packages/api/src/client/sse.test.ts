import { describe, expect, it } from "vitest";
import { readServerSentEvents, type ServerSentEvent } from "./sse.ts";

/** The events of a text that arrives in pieces of `size` bytes. */
async function read(text: string, size: number): Promise<ServerSentEvent[]> {
  const bytes = new TextEncoder().encode(text);
  const pieces = Array.from({ length: Math.ceil(bytes.length / size) }, (_, index) =>
    bytes.subarray(index * size, (index + 1) * size),
  );
  const events: ServerSentEvent[] = [];
  for await (const event of readServerSentEvents(ReadableStream.from(pieces))) events.push(event);
  return events;
}

describe("reading server-sent events", () => {
  it.each([1, 2, 3, 7, 1000])("does not mind how they arrive, in pieces of %d bytes", async (size) => {
    const text =
      ':\n\nid: 1\nevent: event\ndata: {"text":"ünï 😀"}\n\nid: 2\r\ndata: a\r\ndata:b\r\n\r\nevent: ended\ndata: {}\n\n';
    expect(await read(text, size)).toEqual([
      { id: "1", event: "event", data: '{"text":"ünï 😀"}' },
      { id: "2", event: "message", data: "a\nb" },
      { id: "2", event: "ended", data: "{}" },
    ]);
  });

  it("leaves out what was cut off, comments and events without data", async () => {
    expect(await read("event: x\n\n: note\ndata: whole\n\ndata: half\n", 5)).toEqual([
      { id: undefined, event: "message", data: "whole" },
    ]);
    expect(await read("data: half", 5)).toEqual([]);
  });
});
