/** What keeps the set-up from going on: one sentence of what is wrong, and a hint what to do about it. */
export class SetupError extends Error {
  constructor(message, hint) {
    super(message);
    this.hint = hint;
  }
}

// The first one that fits names the reason; package managers say it somewhere in their output.
const reasons = [
  [
    /ENOSPC|no space left/i,
    "the disk is full",
    "free some space (about 700 MB are needed) and run the same command again",
  ],
  [
    /EROFS|read-only file system/i,
    "the folder is on a read-only file system",
    "clone the repository to a place that can be written to",
  ],
  [
    /EACCES|EPERM|permission denied/i,
    "a file or folder may not be written",
    "check who owns this checkout, and your npm and pnpm caches",
  ],
  [
    /OUTDATED_LOCKFILE/,
    "pnpm-lock.yaml does not fit the package.json files",
    "run: node tools/run.mjs exec pnpm install --no-frozen-lockfile",
  ],
  [
    /ENOTFOUND|EAI_AGAIN|ECONNREFUSED|ECONNRESET|ETIMEDOUT|ENETUNREACH|EHOSTUNREACH|UND_ERR|META_FETCH_FAIL|dns error|error sending request|network/i,
    "the package registry cannot be reached",
    "check the network, and proxy or registry in `npm config list`, then run the same command again",
  ],
];

/** Turns the output of a failed program, or an error of the file system, into a SetupError that says why. */
export function explain(what, output) {
  // Long lines come wrapped.
  const text = output.replaceAll(/\s+/g, " ");
  const known = reasons.find(([pattern]) => pattern.test(text));
  const lines = output.trim().split("\n").slice(-15).join("\n");
  if (!known)
    return new SetupError(`${what} failed:\n${lines}`, "run the same command again; what was begun is redone");
  return new SetupError(`${what} failed: ${known[1]}\n${lines}`, known[2]);
}
