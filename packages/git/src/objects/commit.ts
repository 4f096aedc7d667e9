import type { SourceOrigin } from "@berth/core";

export interface CommitFacts {
  tree: string;
  parents: readonly string[];
  /** The first line of the message. */
  message: string;
  author: string | null;
}

/** What of a commit is read, and what of its message and author is kept: they go into every list of releases. */
const maxReadBytes = 1024 * 1024;
const maxKept = 500;

/** Reads a git commit object: header lines, an empty line, the message. */
export function parseCommit(content: Buffer): CommitFacts {
  const text = content.toString("utf8", 0, maxReadBytes);
  const end = text.indexOf("\n\n");
  const headers = (end === -1 ? text : text.slice(0, end)).split("\n");
  const message = end === -1 ? "" : text.slice(end).trimStart().split("\n", 1)[0]!;
  const headerOf = (name: string) => headers.find((line) => line.startsWith(`${name} `))?.slice(name.length + 1);
  const parents = headers.flatMap((line) => (line.startsWith("parent ") ? [line.slice("parent ".length)] : []));
  return {
    tree: headerOf("tree") ?? "",
    parents,
    message: message.slice(0, maxKept).trimEnd(),
    author: /^(.*?) ?<[^>]*>/.exec(headerOf("author") ?? "")?.[1]?.slice(0, maxKept) || null,
  };
}

export function commitOrigin(commit: string, branch: string, { tree, message, author }: CommitFacts): SourceOrigin {
  return { commit, tree, branch, message, author };
}

export function workingTreeOrigin(tree: string, person: string): SourceOrigin {
  return { commit: null, tree, branch: null, message: `working tree of ${person}`, author: null };
}
