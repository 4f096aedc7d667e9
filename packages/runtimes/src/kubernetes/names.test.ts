import fc from "fast-check";
import { expect, test } from "vitest";
import { environmentNameOf, isAppName } from "@berth/core";
import { labelValue, namespaceName, routersName, workloadName, writableName } from "./names.ts";

const dnsLabel = /^[a-z]([a-z0-9-]{0,61}[a-z0-9])?$/;
const app = fc.stringMatching(/^[a-z][a-z0-9-]{1,28}[a-z0-9]$/).filter(isAppName);
const scope = fc
  .tuple(app, fc.oneof(fc.string(), fc.stringMatching(/^[a-z0-9/-]{1,80}$/)))
  .map(([app, branch]) => ({ app, environment: environmentNameOf(app, branch, () => false) }));
const service = fc.stringMatching(/^[a-z]([a-z0-9-]{0,28}[a-z0-9])?$/);
const id = fc.stringMatching(/^[0-9a-f]{20}$/);

test("a namespace is named for its app and environment", () => {
  expect(namespaceName("berth-", { app: "shop", environment: "production" })).toBe("berth-shop--production");
});

test("a name that is too long keeps its beginning and ends in a hash that stays the same", () => {
  const name = namespaceName("berth-", { app: "a".repeat(30), environment: "e".repeat(31) });
  expect(name).toBe(`berth-${"a".repeat(30)}--${"e".repeat(10)}---9efdd4be8e7d`);
});

test("every namespace is a DNS label, and no two environments share one", () => {
  fc.assert(
    fc.property(fc.uniqueArray(scope, { minLength: 50, maxLength: 200, selector: scopeText }), (scopes) => {
      const names = scopes.map((scope) => namespaceName("berth-", scope));
      for (const name of names) expect(name).toMatch(dnsLabel);
      expect(new Set(names).size).toBe(scopes.length);
    }),
    { numRuns: 50 },
  );
});

test("an environment cannot be named so that it gets the namespace of another with a long name", () => {
  const long = { app: "a".repeat(30), environment: "e".repeat(31) };
  const taken = namespaceName("berth-", long);
  const environment = environmentNameOf(long.app, taken.slice("berth-".length + long.app.length), () => false);
  expect(namespaceName("berth-", { app: long.app, environment })).not.toBe(taken);
});

test("names of workloads are DNS labels that pods can add to, one for each workload", () => {
  fc.assert(
    fc.property(
      fc.uniqueArray(fc.record({ service, id }), { minLength: 50, maxLength: 200, selector: (one) => one.id }),
      (workloads) => {
        const names = workloads.map(workloadName);
        // A pod adds 17 characters: `-<hash of its template>-<five of its own>`.
        for (const name of names) expect(`${name}-${"0".repeat(10)}-00000`).toMatch(dnsLabel);
        expect(new Set(names).size).toBe(workloads.length);
      },
    ),
    { numRuns: 50 },
  );
});

test("the other names of the longest service fit", () => {
  const longest = `s${"0".repeat(29)}`;
  for (const name of [routersName(longest, "IPv4"), routersName(longest, "IPv6"), writableName(10)])
    expect(name).toMatch(dnsLabel);
});

test("a label's value is the text where it fits, and otherwise another for each text", () => {
  fc.assert(
    fc.property(fc.uniqueArray(fc.stringMatching(/^[a-z0-9-]{1,90}$/), { maxLength: 100 }), (texts) => {
      const values = texts.map(labelValue);
      expect(new Set(values).size).toBe(texts.length);
      for (const value of values) expect(value.length).toBeLessThanOrEqual(63);
    }),
  );
});

function scopeText({ app, environment }: { app: string; environment: string }): string {
  return `${app}--${environment}`;
}
