import { exitOf, type Git, gitFailed } from "../git-process.ts";

/**
 * A blob's content in chunks, read no faster than they are taken. It has a process of its own, from the first chunk to the last that is
 * taken: who takes them slowly, or not to the end, holds up nobody else.
 */
export async function* streamBlob(git: Git, repository: string, oid: string): AsyncGenerator<Uint8Array, void> {
  const args = [`--git-dir=${repository}`, "cat-file", "blob", oid];
  const child = git.spawn(args);
  let stderr = "";
  child.stderr.setEncoding("utf8").on("data", (text: string) => (stderr = (stderr + text).slice(-4096)));
  child.stdin.on("error", () => undefined).end();
  const ended = exitOf(child);
  // Told after the last chunk; until then a failure must not end the process.
  ended.catch(() => undefined);
  try {
    yield* child.stdout as AsyncIterable<Buffer>;
    const code = await ended;
    if (code !== 0) throw gitFailed(args, { code, stderr });
  } finally {
    child.kill();
  }
}
