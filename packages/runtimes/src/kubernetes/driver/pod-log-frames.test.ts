import { describe, expect, it } from "vitest";
import { makePodLogFrames } from "./pod-log-frames.ts";

const first = "2026-11-23T19:13:18.172492557Z";
const second = "2026-11-23T19:13:19.000000001Z";

function read(chunks: readonly (string | Buffer)[]) {
  const take = makePodLogFrames();
  return chunks
    .flatMap((chunk) => take(Buffer.from(chunk)))
    .map(({ at, nanos, content }) => ({ time: `${new Date(at).toISOString()} ${nanos}`, text: content.toString() }));
}

/** As one text a time. */
function joined(frames: ReturnType<typeof read>) {
  const times = [...new Set(frames.map(({ time }) => time))];
  return times.map((one) => frames.flatMap(({ time, text }) => (time === one ? [text] : [])).join(""));
}

describe("makePodLogFrames", () => {
  const text = `${first} one  two\n${second} \n`;

  it("gives each line its time", () => {
    expect(read([text])).toEqual([
      { time: "2026-11-23T19:13:18.172Z 492557", text: "one  two\n" },
      { time: "2026-11-23T19:13:19.000Z 1", text: "\n" },
    ]);
  });

  it("reads the same however it is cut", () => {
    for (let cut = 1; cut < text.length; cut++) {
      expect(joined(read([text.slice(0, cut), text.slice(cut)]))).toEqual(["one  two\n", "\n"]);
    }
    expect(joined(read([...text]))).toEqual(["one  two\n", "\n"]);
  });

  it("passes on a line that does not end as it comes", () => {
    const take = makePodLogFrames();
    take(Buffer.from(`${first} `));
    const piece = Buffer.alloc(65_536, "x");
    for (let count = 0; count < 100; count++) {
      expect(take(piece).map(({ content }) => content.length)).toEqual([piece.length]);
    }
    expect(take(Buffer.from(`\n${second} next\n`)).map(({ content }) => content.toString())).toEqual(["\n", "next\n"]);
  });

  it("leaves out lines without a time, also long ones", () => {
    const odd = `unable to retrieve container logs ${"x".repeat(100)}`;
    expect(joined(read([odd, odd, `\nshort\n${"y".repeat(200)}\n`, `${first} text\n`]))).toEqual(["text\n"]);
  });
});
