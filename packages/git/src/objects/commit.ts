import type { SourceOrigin } from "@berth/core";

export interface CommitFacts {
  tree: string;
  /** The first line of the message. */
  message: string;
  author: string | null;
}

/** Reads a git commit object: header lines, an empty line, the message. */
export function parseCommit(content: Buffer): CommitFacts {
  const text = content.toString("utf8");
  const end = text.indexOf("\n\n");
  const headers = (end === -1 ? text : text.slice(0, end)).split("\n");
  const message = end === -1 ? "" : text.slice(end).trimStart().split("\n", 1)[0]!;
  const headerOf = (name: string) => headers.find((line) => line.startsWith(`${name} `))?.slice(name.length + 1);
  return {
    tree: headerOf("tree") ?? "",
    message: message.trimEnd(),
    author: /^(.*?) ?<[^>]*>/.exec(headerOf("author") ?? "")?.[1] || null,
  };
}

export function commitOrigin(commit: string, branch: string, { tree, message, author }: CommitFacts): SourceOrigin {
  return { commit, tree, branch, message, author };
}

export function workingTreeOrigin(tree: string, person: string): SourceOrigin {
  return { commit: null, tree, branch: null, message: `working tree of ${person}`, author: null };
}
