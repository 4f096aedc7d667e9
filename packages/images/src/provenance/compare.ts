import type { Artifact } from "@berth/core";
import { makeStatement } from "./statement.ts";
import { isSignedLater, sbomOf } from "./statement-types.ts";
import type { Statement } from "./statement-types.ts";
import { firstDifference } from "./verify/first-difference.ts";

/** Where the record of a build (`a`) and what is signed (`b`) differ first; null where they say the same. */
export function differenceOf({ digest, key, provenance }: Artifact, statement: Statement) {
  const of = { image: digest, key, sbom: sbomOf(statement), signedLater: isSignedLater(statement) };
  // As JSON has it, for what is undefined is not there.
  return firstDifference(JSON.parse(JSON.stringify(makeStatement(provenance, of))), statement);
}
