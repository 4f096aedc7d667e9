import { readdirSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import { makePlanApp } from "./plan-app.ts";
import { folderTree } from "./testing/folder-tree.ts";

const planApp = makePlanApp({ dockerfiles: true });
const examples = fileURLToPath(new URL("../../../examples", import.meta.url));

test.each(readdirSync(examples))("plans the example %s as its snapshot says", async (name) => {
  const result = await planApp(folderTree(`${examples}/${name}`));
  if (!result.ok) throw new Error(result.problem.message);
  const services = result.services.map(({ spec, plan, buildEnv }) => ({ spec, plan, buildEnv }));
  await expect(`${JSON.stringify(services, null, 2)}\n`).toMatchFileSnapshot(`./fixtures/plans/${name}.json`);
});
