import { expect, it } from "vitest";
import { makeProgress } from "./progress.ts";

it("an instruction's two outputs are told line by line, however their parts come", () => {
  const told: string[] = [];
  const sink = { start: () => {}, line: (text: string) => void told.push(text), end: () => {} };
  const progress = makeProgress(sink, (text) => text, { now: () => 0 });
  const vertex = { digest: "d", name: "[2/2] RUN", cached: false, started: true, completed: false, error: "" };
  progress.tell({ vertexes: [vertex], logs: [] });
  const part = (stream: number, text: string) => ({ vertex: "d", stream, text: Buffer.from(text) });
  const logs = [part(2, "cat: "), part(1, "found\n"), part(2, "/cache/note: No such file\n"), part(1, "no end")];
  progress.tell({ vertexes: [{ ...vertex, completed: true }], logs });
  expect(told).toEqual(["found", "cat: /cache/note: No such file", "no end"]);
});
