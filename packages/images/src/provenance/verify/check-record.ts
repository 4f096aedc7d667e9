import type { Artifact, VerificationCheck } from "@berth/core";
import { differenceOf } from "../compare.ts";
import type { Statement } from "../statement-types.ts";
import { failed, ok } from "./outcome.ts";

/** Whether what is signed is what the record of the build says, with all of its plan. */
export function checkRecord(statement: Statement, record: Artifact | null): VerificationCheck {
  if (record === null) return failed("record", "the record of the build that the provenance is of is not there");
  const difference = differenceOf(record, statement);
  if (difference !== null) {
    return failed("record", `${difference.path}: recorded is ${difference.a}, signed is ${difference.b}`);
  }
  const { stack, steps } = record.provenance.plan;
  return ok(
    "record",
    `the plan (${stack}, ${steps.length === 1 ? "1 step" : `${steps.length} steps`}) and all else that is signed`,
  );
}
