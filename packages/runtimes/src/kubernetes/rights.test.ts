import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import { parse } from "yaml";
import { neededRights } from "./rights.ts";

interface Rule {
  apiGroups: string[];
  resources: string[];
  verbs: string[];
}

it("the ClusterRole in the documentation gives the rights that are needed, and no others", () => {
  const page = readFileSync(join(import.meta.dirname, "../../../../docs/kubernetes.md"), "utf8");
  const [, text = ""] = /```yaml\n(apiVersion: rbac[^`]+)```/.exec(page) ?? [];
  const { rules }: { rules: Rule[] } = parse(text);
  const given = rules.flatMap(({ apiGroups, resources, verbs }) =>
    apiGroups.flatMap((group) => resources.flatMap((resource) => verbs.map((verb) => `${verb} ${resource} ${group}`))),
  );
  expect(given.toSorted()).toEqual(
    neededRights.map(({ verb, resource, group }) => `${verb} ${resource} ${group}`).toSorted(),
  );
});
