/** The lines of a stream of bytes, also where a line or a letter is cut between two chunks. */
export async function* readLines(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<string> {
  const decoder = new TextDecoder();
  let begun: string[] = [];
  for await (const chunk of chunks) {
    const pieces = decoder.decode(chunk, { stream: true }).split("\n");
    const last = pieces.pop() ?? "";
    for (const piece of pieces) {
      const line = begun.length === 0 ? piece : begun.join("") + piece;
      begun = [];
      if (line !== "") yield line;
    }
    if (last !== "") begun.push(last);
  }
  if (begun.length > 0) yield begun.join("");
}
