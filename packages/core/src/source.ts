/** Git's file modes that can be in a source tree: file, executable file, symbolic link. */
export type FileMode = "100644" | "100755" | "120000";

export interface TreeEntry {
  /** Relative to the root of the tree, with `/`, never leading out of it. */
  path: string;
  mode: FileMode;
  /** Git's object id of the content. */
  oid: string;
  sizeBytes: number;
}

/** Contents up to this size are given whole, larger ones in chunks. */
export const wholeContentBytes = 4 * 1024 * 1024;

/** A file's content: its bytes, or, above `wholeContentBytes`, chunks that are read as they are taken, once. */
export type SourceContent = Uint8Array | AsyncIterable<Uint8Array>;

/** The whole of a content, for files that are known to be small. */
export async function readWhole(content: SourceContent): Promise<Uint8Array> {
  return content instanceof Uint8Array ? content : Buffer.concat(await Array.fromAsync(content));
}

/** An immutable source tree, read from git's objects. `id` names its content: equal ids, equal trees. */
export interface SourceTree {
  id: string;
  /** All files, sorted by path in byte order. */
  list(): Promise<readonly TreeEntry[]>;
  /** The contents of these entries (a symbolic link's is its target), one at a time, in the order asked for. */
  contents(entries: readonly TreeEntry[]): AsyncIterable<{ entry: TreeEntry; content: SourceContent }>;
  /** The same tree seen from a folder of it (`.` is itself), without the files and folders in `without` (paths relative to this tree). */
  subtree(path: string, without: readonly string[]): Promise<SourceTree>;
}

/** What detection sees of a tree: which files there are, and the text of those it declared an interest in. Synchronous, so that detecting stays pure. */
export interface TreeView {
  paths: readonly string[];
  has(path: string): boolean;
  /** The text of a file of interest; undefined where it is not there. */
  read(path: string): string | undefined;
}

/** Where a release's source came from. */
export interface SourceOrigin {
  /** The commit that was pushed; null for a working tree deployed without one. */
  commit: string | null;
  /** Git's id of the root tree. */
  tree: string;
  branch: string | null;
  /** The first line of the commit's message, or what was deployed. */
  message: string;
  /** Who wrote the commit, as git has it; null for a working tree. */
  author: string | null;
}
