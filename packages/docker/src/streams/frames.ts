/** A message of one of a container's outputs. */
export interface Frame {
  /** 1 is its output, 2 its error output. */
  kind: number;
  data: Buffer;
}

const headerBytes = 8;

/**
 * Takes apart what an engine sends of a container without a terminal: frames of a header (the stream in its first byte, the length in
 * its last four) and a message, as the API's documentation of attaching to a container says.
 */
export function makeFrameSplitter(): (chunk: Buffer) => Frame[] {
  let rest: Buffer = Buffer.alloc(0);
  return (chunk) => {
    let bytes = rest.length === 0 ? chunk : Buffer.concat([rest, chunk]);
    const frames: Frame[] = [];
    while (bytes.length >= headerBytes) {
      const end = headerBytes + bytes.readUInt32BE(4);
      if (bytes.length < end) break;
      frames.push({ kind: bytes[0] ?? 0, data: bytes.subarray(headerBytes, end) });
      bytes = bytes.subarray(end);
    }
    rest = bytes;
    return frames;
  };
}

/** Whether what was thrown says that the engine, or what leads to it, has gone. */
export function isHangUp(error: unknown): boolean {
  const code = error instanceof Error && "code" in error ? error.code : "";
  return code === "ECONNRESET" || code === "ERR_STREAM_PREMATURE_CLOSE" || code === "EPIPE" || code === "ABORT_ERR";
}
