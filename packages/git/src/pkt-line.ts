/** git's framing: four hex digits of length (their own four included), then the payload; `0000` is a flush. */
const headBytes = 4;
/** What one pkt-line can carry. */
const maxPayloadBytes = 65_516;

export const flushPacket = Buffer.from("0000");

/** One pkt-line. */
export function packet(payload: string | Uint8Array): Buffer {
  const bytes = Buffer.from(payload);
  if (bytes.length > maxPayloadBytes) throw new RangeError(`a pkt-line cannot carry ${bytes.length} bytes`);
  return Buffer.concat([Buffer.from((bytes.length + headBytes).toString(16).padStart(4, "0")), bytes]);
}

/** As many pkt-lines as the payload needs, each led by a byte that says which stream it belongs to. */
export function bandPackets(band: number, payload: string | Uint8Array): Buffer {
  const bytes = Buffer.from(payload);
  const packets: Buffer[] = [];
  for (let start = 0; start < bytes.length; start += maxPayloadBytes - 1) {
    packets.push(packet(Buffer.concat([Buffer.of(band), bytes.subarray(start, start + maxPayloadBytes - 1)])));
  }
  return Buffer.concat(packets);
}

/** Cuts a stream of pkt-lines: feed it chunks, get whole payloads; null stands for a flush. Throws on what is not a pkt-line. */
export function makePacketReader(): (chunk: Buffer) => (Buffer | null)[] {
  let rest: Buffer = Buffer.alloc(0);
  return (chunk) => {
    rest = rest.length === 0 ? chunk : Buffer.concat([rest, chunk]);
    const packets: (Buffer | null)[] = [];
    while (rest.length >= headBytes) {
      const length = lengthOf(rest.toString("latin1", 0, headBytes));
      if (rest.length < length) break;
      packets.push(length === 0 ? null : rest.subarray(headBytes, length));
      rest = rest.subarray(Math.max(length, headBytes));
    }
    return packets;
  };
}

function lengthOf(head: string): number {
  const length = /^[\da-f]{4}$/i.test(head) ? Number.parseInt(head, 16) : Number.NaN;
  if (Number.isNaN(length) || (length > 0 && length < headBytes)) {
    throw new RangeError(`not a pkt-line: ${JSON.stringify(head)}`);
  }
  return length;
}
