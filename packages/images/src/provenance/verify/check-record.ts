import type { Artifact, VerificationCheck } from "@berth/core";
import { makeStatement } from "../statement.ts";
import { sbomOf } from "../statement-types.ts";
import type { Statement } from "../statement-types.ts";
import { firstDifference } from "./first-difference.ts";
import { failed, ok } from "./outcome.ts";

/** Whether what is signed is what the record of the build says, with all of its plan. */
export function checkRecord(statement: Statement, record: Artifact | null): VerificationCheck {
  if (record === null) return failed("record", "the record of the build that the provenance is of is not there");
  const { digest, key, provenance } = record;
  const expected = makeStatement(provenance, { image: digest, key, sbom: sbomOf(statement) });
  // As JSON has it, for what is undefined is not there.
  const difference = firstDifference(JSON.parse(JSON.stringify(expected)), statement);
  if (difference !== null) {
    return failed("record", `${difference.path}: recorded is ${difference.a}, signed is ${difference.b}`);
  }
  const { stack, steps } = provenance.plan;
  return ok(
    "record",
    `the plan (${stack}, ${steps.length === 1 ? "1 step" : `${steps.length} steps`}) and all else that is signed`,
  );
}
