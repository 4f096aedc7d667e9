import type { Digest } from "@berth/core";
import { z } from "zod";
import { payloadOf } from "./dsse.ts";
import type { Envelope } from "./dsse.ts";
import { buildType, provenanceType, statementType } from "./statement-types.ts";
import type { Statement } from "./statement-types.ts";

const record = z.record(z.string(), z.unknown());
const resource = z.looseObject({ name: z.string().optional(), digest: z.record(z.string(), z.string()).optional() });

/** What is read of a statement; the rest is only compared as a whole. */
const statementSchema = z.looseObject({
  _type: z.literal(statementType),
  subject: z.array(z.looseObject({ name: z.string(), digest: z.looseObject({ sha256: z.string() }) })),
  predicateType: z.literal(provenanceType),
  predicate: z.looseObject({
    buildDefinition: z.looseObject({
      buildType: z.literal(buildType),
      externalParameters: z.looseObject({
        app: z.string(),
        service: z.string(),
        source: z.looseObject({ commit: z.string().nullable(), tree: z.string() }),
      }),
      internalParameters: z.looseObject({ key: z.string() }),
      resolvedDependencies: z.array(resource),
    }),
    runDetails: z.looseObject({ builder: record, metadata: record, byproducts: z.array(resource) }),
  }),
});

/** The statement in an envelope, signed or not; null where it holds something else, such as what another tool attests. */
export function statementIn(envelope: Envelope): Statement | null {
  try {
    const content: unknown = JSON.parse(payloadOf(envelope).toString());
    // Checked as far as it is read; `makeStatement` says the rest, with which it is compared.
    return statementSchema.safeParse(content).success ? (content as Statement) : null;
  } catch {
    return null;
  }
}

/** The key of the build that a statement is of. */
export function keyOf(statement: Statement): string {
  return String(statement.predicate.buildDefinition.internalParameters["key"]);
}

/** Whether a statement is of an image. */
export function isOf(statement: Statement, image: Digest): boolean {
  return statement.subject.some(({ digest }) => `sha256:${digest.sha256}` === image);
}
