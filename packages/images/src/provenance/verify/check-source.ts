import type { VerificationCheck } from "@berth/core";
import type { Statement } from "../statement-types.ts";
import { failed, ok, short, unchecked } from "./outcome.ts";

/** What git says of a release's source. */
export type SourceFound =
  | {
      /** The commit of the release; null for a working tree. */
      commit: string | null;
      /** What the tree of the service is by the commit: more than one where it can be told in several ways. */
      trees: readonly string[];
    }
  /** Git does not have it, and why that is as it should be, or not. */
  | { missing: string; isExpected: boolean };

/** Whether what was built is the service's part of the release's commit. */
export function checkSource(statement: Statement, source: SourceFound): VerificationCheck {
  if ("missing" in source) {
    return source.isExpected ? unchecked("source", source.missing) : failed("source", source.missing);
  }
  const built = statement.predicate.buildDefinition.externalParameters.source;
  const of = source.commit === null ? "the working tree" : `commit ${source.commit.slice(0, 7)}`;
  const [tree = "none"] = source.trees;
  if (!source.trees.includes(built.tree)) {
    return failed("source", `the tree of ${of} is ${short(tree)}, what was built is ${short(built.tree)}`);
  }
  const isOther = built.commit !== null && source.commit !== null && built.commit !== source.commit;
  const first = isOther ? `, first built for commit ${built.commit?.slice(0, 7)}` : "";
  return ok("source", `tree ${short(built.tree)} of ${of}${first}`);
}
