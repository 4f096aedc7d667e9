/** What a push asks for one ref. Null stands for git's id of zeros: no ref before, or none after. */
export interface Command {
  ref: string;
  oldOid: string | null;
  newOid: string | null;
}

const pattern = /^([\da-f]{40}|[\da-f]{64}) ([\da-f]{40}|[\da-f]{64}) (.+)$/s;

/** Reads a command as git hands it to the hook: `<old> <new> <ref>`. */
export function parseCommand(payload: Buffer): Command {
  const [, oldOid, newOid, ref] = pattern.exec(payload.toString("utf8").replace(/\n$/, "")) ?? [];
  if (oldOid === undefined || newOid === undefined || ref === undefined) {
    throw new RangeError("not a command of a push");
  }
  return { ref, oldOid: orNull(oldOid), newOid: orNull(newOid) };
}

function orNull(oid: string): string | null {
  return /^0+$/.test(oid) ? null : oid;
}

const branchPrefix = "refs/heads/";
const workingTreePrefix = "refs/berth/deploy/";
const sourcePrefix = "refs/berth/source/";

/** What a ref of a push stands for. Tags do not come here: git stores them itself. */
export type Target =
  | { kind: "branch"; branch: string }
  | { kind: "working-tree"; environment: string }
  /** A commit that is only to be there, so that it can be asked what it would change. */
  | { kind: "source"; environment: string }
  | { kind: "other" };

export function targetOf(ref: string): Target {
  if (ref.startsWith(branchPrefix)) return { kind: "branch", branch: ref.slice(branchPrefix.length) };
  if (ref.startsWith(workingTreePrefix)) {
    return { kind: "working-tree", environment: ref.slice(workingTreePrefix.length) };
  }
  if (ref.startsWith(sourcePrefix)) return { kind: "source", environment: ref.slice(sourcePrefix.length) };
  return { kind: "other" };
}

export function branchRef(branch: string): string {
  return branchPrefix + branch;
}

/** Where the working tree that `berth deploy` sent last is kept, so that the next one sends only what changed. */
export function workingTreeRef(environment: string): string {
  return workingTreePrefix + environment;
}
