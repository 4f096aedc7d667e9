import { describe, expect, it } from "vitest";
import { makeOutput } from "./lines.ts";

function read(...chunks: (string | Buffer)[]): string[] {
  const told: string[] = [];
  const reader = makeOutput((text) => told.push(text)).reader();
  for (const chunk of chunks) reader.write(Buffer.from(chunk));
  reader.end();
  return told;
}

describe("output", () => {
  it("is told line by line, however it arrives", () => {
    expect(read("on", "e\ntw", "o\n\nthr", "ee")).toEqual(["one", "two", "", "three"]);
    expect(read("windows\r\nends\r\n")).toEqual(["windows", "ends"]);
  });

  it("keeps characters whole that arrive in two pieces", () => {
    const bytes = Buffer.from("grün\n");
    expect(read(bytes.subarray(0, 3), bytes.subarray(3))).toEqual(["grün"]);
  });

  it("shows of progress its last state", () => {
    expect(read("10%\r50%\r100%\rdone\n")).toEqual(["done"]);
  });

  it("has no escape sequences and no control characters", () => {
    expect(read("\u001b[31mred\u001b[0m \u001b]0;title\u0007bell\u0007\u0000\n")).toEqual(["red bell"]);
  });

  it("is cut where a line is too long, and a line without an end does not fill the memory", () => {
    const [line] = read(
      ..."x"
        .repeat(100)
        .split("")
        .map(() => "y".repeat(10_000)),
      "\nnext\n",
    );
    expect(line!.length).toBeLessThan(2100);
  });

  it("ends where there is too much of it, and keeps the last lines", () => {
    const told: string[] = [];
    const output = makeOutput((text) => told.push(text));
    const reader = output.reader();
    for (let i = 0; i < 30_000; i++) reader.write(Buffer.from(`line ${i}\n`));
    reader.end();
    expect(told).toHaveLength(20_001);
    expect(told.at(-1)).toBe("… further output is left out");
    expect(output.last().at(-1)).toBe("line 29999");
  });
});
