import { describe, expect, test } from "vitest";
import { renderPortable } from "./render-portable.ts";
import { managedOf, portableOf, samples } from "./testing/samples.ts";
import { renderYaml } from "./yaml.ts";

describe.each(Object.entries(samples))("%s", (name, sample) => {
  test("is these objects where Berth's routers stand before it", async () => {
    await expect(renderYaml(managedOf(sample))).toMatchFileSnapshot(`fixtures/${name}.managed.yaml`);
  });

  test("is this file where it stands alone", async () => {
    await expect(renderPortable(portableOf(sample), sample.place)).toMatchFileSnapshot(
      `fixtures/${name}.portable.yaml`,
    );
  });
});
