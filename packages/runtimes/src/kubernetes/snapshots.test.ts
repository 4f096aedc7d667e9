import { describe, expect, test } from "vitest";
import { makeEnvironmentObjects, workloadObjectNames } from "./managed.ts";
import { renderPortable } from "./render-portable.ts";
import { managedOf, portableOf, samples } from "./testing/samples.ts";
import { renderYaml } from "./yaml.ts";

describe.each(Object.entries(samples))("%s", (name, sample) => {
  test("is these objects where Berth's routers stand before it", async () => {
    await expect(renderYaml(managedOf(sample))).toMatchFileSnapshot(`fixtures/${name}.managed.yaml`);
  });

  test("has names that are known before it is made", () => {
    const { environment, services, place } = sample;
    const common = makeEnvironmentObjects(environment, place).length;
    const made = managedOf(sample).slice(common);
    const known = services.flatMap(({ workload, scale }) => workloadObjectNames(workload, scale));
    expect(known).toEqual(made.map(({ kind, metadata }) => ({ kind, name: metadata?.name })));
  });

  test("is this file where it stands alone", async () => {
    await expect(renderPortable(portableOf(sample), sample.place)).toMatchFileSnapshot(
      `fixtures/${name}.portable.yaml`,
    );
  });
});
