import { expect, test } from "vitest";
import { makeReplyReader, type ObjectReply } from "./replies.ts";

const oid = "a".repeat(40);
const output = Buffer.from(`${oid} blob 3\nab\n\n${oid} missing\n${oid} blob 7\n${oid} blob 0\n\n`);
const withContent = [true, true, false, true];

test("replies are cut alike wherever the chunks end", () => {
  for (let size = 1; size <= output.length; size++) {
    const replies: (ObjectReply | null)[] = [];
    const read = makeReplyReader(
      () => withContent[replies.length]!,
      (reply) => replies.push(reply),
    );
    for (let at = 0; at < output.length; at += size) read(output.subarray(at, at + size));
    const told = replies.map((reply) => reply && [reply.sizeBytes, reply.content.toString("utf8")]);
    expect(told).toEqual([[3, "ab\n"], null, [7, ""], [0, ""]]);
  }
});

test("a content that is too large is not held, and what follows it is read", () => {
  for (let size = 1; size <= output.length; size++) {
    const replies: (ObjectReply | null)[] = [];
    const read = makeReplyReader(
      () => replies.length !== 2,
      (reply) => replies.push(reply),
      2,
    );
    for (let at = 0; at < output.length; at += size) read(output.subarray(at, at + size));
    expect(replies.map((reply) => reply && [reply.sizeBytes, reply.content.length])).toEqual([
      [3, 0],
      null,
      [7, 0],
      [0, 0],
    ]);
  }
});

test("what git does not say is refused", () => {
  const read = makeReplyReader(
    () => true,
    () => undefined,
  );
  expect(() => read(Buffer.from("fatal: no\n"))).toThrow("not a reply");
});
