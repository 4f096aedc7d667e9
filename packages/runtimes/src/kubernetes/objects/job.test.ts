import { makeTask } from "@berth/core";
import { expect, test } from "vitest";
import { makeEnvironmentObjects, makeTaskObjects } from "../managed.ts";
import { digest, insidePlace, makeSample } from "../testing/samples.ts";
import { renderYaml } from "../yaml.ts";

const scope = { app: "shop", environment: "production" };

test("a release command is these objects, in the namespace of its environment", async () => {
  const { workload, ...facts } = makeSample({ health: null });
  const spec = {
    name: "web",
    source: ".",
    command: workload.command,
    routes: ["/"],
    listens: true,
    health: { path: "/", timeoutMs: 30_000 },
    scale: { min: 1, max: 1, idleMs: 300_000 },
    resources: workload.resources,
    env: { DATABASE_URL: "postgres://db" },
    stopGraceMs: 10_000,
  };
  const order = { command: { argv: ["node", "migrate.js"] }, run: "op_01kdv9z3b4", timeoutMs: 600_000 };
  const task = makeTask(
    { spec, image: digest },
    order,
    { ...scope, cluster: null, neighbours: {} },
    Buffer.from("key"),
  );
  const objects = [
    ...makeEnvironmentObjects({ scope, neighbourPorts: {} }, insidePlace),
    ...makeTaskObjects({ ...facts, workload: task }, insidePlace),
  ];
  await expect(renderYaml(objects)).toMatchFileSnapshot("../fixtures/release-command.managed.yaml");
});
