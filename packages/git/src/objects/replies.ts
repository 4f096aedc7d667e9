/** What `git cat-file` says of one object. `content` is empty where only its size was asked for, and where it is too large to be held. */
export interface ObjectReply {
  oid: string;
  type: string;
  sizeBytes: number;
  content: Buffer;
}

/** The largest object whose content is held in memory. A few megabytes of a push can unfold to any size, for git packs them. */
export const maxContentBytes = 1024 ** 3;

const empty = Buffer.alloc(0);
const newline = 0x0a;

/**
 * Cuts the output of `git cat-file` into replies. `hasContent` says whether the next one carries content;
 * `done` is told each in turn, null for an object that is not there. Throws on what is not such output.
 */
export function makeReplyReader(
  hasContent: () => boolean,
  done: (reply: ObjectReply | null) => void,
  maxBytes: number = maxContentBytes,
) {
  let head = empty;
  let current: ObjectReply | null = null;
  let filled = 0;
  let skipping = 0;

  /** Takes the header of a reply from the chunk; returns what follows. */
  function readHead(chunk: Buffer): Buffer {
    const end = chunk.indexOf(newline);
    if (end === -1) {
      head = Buffer.concat([head, chunk]);
      return empty;
    }
    const line = Buffer.concat([head, chunk.subarray(0, end)]).toString("utf8");
    head = empty;
    const reply = parseHead(line);
    if (reply !== null && hasContent() && reply.sizeBytes > maxBytes) {
      skipping = reply.sizeBytes + 1;
      done(reply);
    } else if (reply !== null && hasContent()) {
      // One more for the newline that git ends a content with.
      current = { ...reply, content: Buffer.allocUnsafe(reply.sizeBytes + 1) };
      filled = 0;
    } else done(reply);
    return chunk.subarray(end + 1);
  }

  function readContent(reply: ObjectReply, chunk: Buffer): Buffer {
    const count = chunk.copy(reply.content, filled);
    filled += count;
    if (filled === reply.content.length) {
      current = null;
      done({ ...reply, content: reply.content.subarray(0, reply.sizeBytes) });
    }
    return chunk.subarray(count);
  }

  function skip(chunk: Buffer): Buffer {
    const count = Math.min(skipping, chunk.length);
    skipping -= count;
    return chunk.subarray(count);
  }

  return (chunk: Buffer): void => {
    let rest = chunk;
    while (rest.length > 0) {
      if (skipping > 0) rest = skip(rest);
      else rest = current === null ? readHead(rest) : readContent(current, rest);
    }
  };
}

function parseHead(line: string): ObjectReply | null {
  const [oid = "", type = "", size = ""] = line.split(" ");
  if (type === "missing" && size === "") return null;
  if (!/^\d+$/.test(size)) throw new RangeError(`not a reply of git cat-file: ${JSON.stringify(line)}`);
  return { oid, type, sizeBytes: Number(size), content: empty };
}
