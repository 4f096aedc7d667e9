import type { ReleaseDiff } from "@berth/core";
import { z } from "zod";
import { environmentName, versionNumber } from "./common.ts";

const objectId = z.string().regex(/^([0-9a-f]{40}|[0-9a-f]{64})$/, "expected a full id of git's");

/** Exactly one of these says what a source is. */
const sourceIds = {
  commit: objectId.optional().describe("A commit that is in the app's repository"),
  tree: objectId.optional().describe("The tree of a folder that is in the app's repository"),
};

export const diffQuery = z
  .strictObject({
    from: z.coerce
      .number<string | number>()
      .int()
      .min(1)
      .optional()
      .describe("The version to compare with; otherwise what is live"),
    version: z.coerce.number<string | number>().int().min(1).optional().describe("The version that is compared"),
    promoted: environmentName
      .optional()
      .describe("An environment, of which what is live, or `version`, would be promoted"),
    ...sourceIds,
  })
  .refine((query) => countOf(query) === (query.promoted === undefined || query.version === undefined ? 1 : 2), {
    message: "expected one of version, promoted, commit and tree",
    path: ["version"],
  });

export const sourceBody = z
  .strictObject(sourceIds)
  .refine((body) => countOf(body) === 1, { message: "expected one of commit and tree", path: ["commit"] })
  .meta({ examples: [{ commit: "9fceb02d0ae598e95dc970b74767f19372d61af8" }] });

interface Ids {
  version?: number | undefined;
  promoted?: string | undefined;
  commit?: string | undefined;
  tree?: string | undefined;
}

function countOf({ version, promoted, commit, tree }: Ids): number {
  return [version, promoted, commit, tree].filter((one) => one !== undefined).length;
}

export const promoteBody = z
  .strictObject({
    from: environmentName.describe("The environment that it comes from"),
    version: versionNumber.nullable().default(null).describe("A version of that; null: what is live there"),
  })
  .meta({ examples: [{ from: "staging" }] });

/** The one that is given. */
export function readSourceId({ commit, tree }: Ids): { commit: string } | { tree: string } {
  return commit === undefined ? { tree: tree ?? "" } : { commit };
}

const commit = z.object({ commit: z.string(), message: z.string(), author: z.string() });
const code = z.object({
  direction: z
    .enum(["same", "forward", "backward", "aside", "unknown"])
    .describe("`aside`: each has commits that the other has not. `unknown`: git has not both"),
  added: z.array(commit).describe("At most 50, newest first"),
  addedCount: z.int(),
  removed: z.array(commit).describe("At most 50, newest first"),
  removedCount: z.int(),
});
const fieldChange = z.object({ field: z.string(), before: z.string().nullable(), after: z.string().nullable() });
const names = z.array(z.string());
const base = z.object({
  image: z.string(),
  digest: z.templateLiteral(["sha256:", z.string()]).nullable(),
});
const packageChanges = z.array(z.object({ type: z.string(), name: z.string(), before: names, after: names }));
const objects = z.array(z.object({ kind: z.string(), name: z.string() }));

const serviceDiff = z.object({
  service: z.string(),
  change: z.enum(["new", "gone", "restarts", "stays"]),
  image: z.boolean().describe("Whether it runs another image"),
  env: z.object({ added: names, removed: names, changed: names }).describe("Names of variables"),
  fields: z.array(fieldChange),
  base: z.object({ before: base.nullable(), after: base.nullable() }).nullable(),
  packages: z
    .object({ added: packageChanges, removed: packageChanges, major: packageChanges, minor: packageChanges })
    .nullable()
    .describe("What lockfiles name; null: the same, or not known"),
  objects: z.object({ added: objects, removed: objects }).describe("On a cluster"),
});

export const diffSchema = z
  .object({
    before: versionNumber.nullable().describe("Null: nothing is live"),
    after: versionNumber.nullable().describe("Null: it is no release yet"),
    code: code.nullable().describe("Null: one of them is no commit"),
    services: z.array(serviceDiff),
    command: fieldChange.nullable().describe("The release command, where it is another one"),
    lasting: names.describe("What a rollback from it could not take back"),
  })
  .meta({ id: "ReleaseDiff", description: "What is otherwise" }) satisfies z.ZodType<ReleaseDiff>;

export const exampleDiff: z.input<typeof diffSchema> = {
  before: 12,
  after: 13,
  code: {
    direction: "forward",
    added: [{ commit: "9fceb02d0ae598e95dc970b74767f19372d61af8", message: "Show prices with tax", author: "Ada" }],
    addedCount: 1,
    removed: [],
    removedCount: 0,
  },
  services: [
    {
      service: "web",
      change: "restarts",
      image: true,
      env: { added: ["TAX_RATE"], removed: [], changed: [] },
      fields: [{ field: "scale", before: "1", after: "3" }],
      base: null,
      packages: null,
      objects: { added: [], removed: [] },
    },
  ],
  command: null,
  lasting: [],
};
