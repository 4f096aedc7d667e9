import { expect, test } from "vitest";
import { bandPackets, flushPacket, makePacketReader, packet } from "./pkt-line.ts";

const stream = Buffer.concat([packet("hello\n"), flushPacket, packet(""), packet("é")]);

test("packets are cut alike wherever the chunks end", () => {
  for (let size = 1; size <= stream.length; size++) {
    const read = makePacketReader();
    const packets: (string | undefined)[] = [];
    for (let at = 0; at < stream.length; at += size) {
      packets.push(...read(stream.subarray(at, at + size)).map((payload) => payload?.toString("utf8")));
    }
    expect(packets).toEqual(["hello\n", undefined, "", "é"]);
  }
});

test("what is not a packet is refused", () => {
  for (const text of ["zzzz", "0003", "-001"]) expect(() => makePacketReader()(Buffer.from(text))).toThrow("pkt-line");
});

test("a long payload is spread over packets of one band", () => {
  const packets = makePacketReader()(bandPackets(2, Buffer.alloc(200_000, 65)));
  expect(packets.every((payload) => payload?.[0] === 2)).toBe(true);
  expect(packets.reduce((sum, payload) => sum + payload!.length - 1, 0)).toBe(200_000);
});
