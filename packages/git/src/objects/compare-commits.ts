import { type CodeChange, type CommitSummary, mostCommits } from "@berth/core";
import type { Git } from "../git-process.ts";

const maxKept = 200;
const unknown: CodeChange = { direction: "unknown", added: [], addedCount: 0, removed: [], removedCount: 0 };

/** How two commits are to each other, with what is between them. Merges count as commits. */
export async function compareCommits(git: Git, repository: string, from: string, to: string): Promise<CodeChange> {
  if (from === to) return { ...unknown, direction: "same" };
  const dir = `--git-dir=${repository}`;
  const range = ["--left-right", `${from}...${to}`, "--"];
  const format = "--format=%m%x00%H%x00%an%x00%s";
  const [counted, ...listed] = await Promise.all([
    git.run([dir, "rev-list", "--count", ...range]),
    ...["--right-only", "--left-only"].map((side) =>
      git.run([dir, "log", "-z", `--max-count=${mostCommits}`, side, format, ...range]),
    ),
  ]);
  // What a shallow push has cut off, or was thrown away since, is not there.
  if ([counted, ...listed].some(({ code }) => code !== 0)) return unknown;
  const [removedCount = 0, addedCount = 0] = counted.stdout.trim().split("\t").map(Number);
  const [added = [], removed = []] = listed.map(({ stdout }) => readCommits(stdout));
  return { direction: directionOf(addedCount, removedCount), added, addedCount, removed, removedCount };
}

function directionOf(added: number, removed: number): CodeChange["direction"] {
  if (added > 0 && removed > 0) return "aside";
  return added > 0 ? "forward" : removed > 0 ? "backward" : "same";
}

/** Four fields for each commit; a message of one line has no zero byte. */
function readCommits(output: string): CommitSummary[] {
  const fields = output.split("\0");
  const commits: CommitSummary[] = [];
  for (let at = 0; at + 3 < fields.length; at += 4) {
    const [commit = "", author = "", message = ""] = fields.slice(at + 1, at + 4);
    commits.push({ commit, message: message.slice(0, maxKept), author: author.slice(0, maxKept) });
  }
  return commits;
}
