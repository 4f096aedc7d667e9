import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import { buildRights } from "./rights.ts";

const page = readFileSync(join(import.meta.dirname, "../../../../docs/kubernetes.md"), "utf8");

/** `verb resource group` of all rules in lines such as `- { apiGroups: [batch], resources: [jobs], verbs: [list, create] }`. */
function rightsIn(text: string): string[] {
  const rules = text.matchAll(/apiGroups: \["?([\w.]*)"?\][^\]]*?resources: \[([^\]]+)\][^\]]*?verbs: \[([^\]]+)\]/g);
  return [...rules].flatMap(([, group = "", resources = "", verbs = ""]) =>
    resources.split(", ").flatMap((resource) => verbs.split(", ").map((verb) => `${verb} ${resource} ${group}`)),
  );
}

it("the ClusterRoles in the documentation give builds the rights that they need, and the second no others", () => {
  const [first = "", second = ""] = [...page.matchAll(/```yaml\n([^`]+ClusterRole\n?[^`]+)```/g)].map(
    ([, text]) => text,
  );
  const needed = buildRights.map(({ verb, resource, group }) => `${verb} ${resource} ${group}`);
  const [given, added] = [rightsIn(first), rightsIn(second)];
  expect(needed.filter((right) => !given.includes(right)).toSorted()).toEqual(added.toSorted());
  expect(added).not.toEqual([]);
});
