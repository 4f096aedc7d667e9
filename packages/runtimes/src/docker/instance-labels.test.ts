import { expect, it } from "vitest";
import { makeTestWorkload } from "../conformance/helpers.ts";
import { makeLabels, readLabels } from "./instance-labels.ts";

const history = {
  restarts: 2,
  failures: 1,
  lastExit: { at: 5, code: 3, signal: null, outOfMemory: false, failure: null },
  port: 8_080,
  stopSignal: "SIGTERM",
};

it("an instance is read from its container as it was given, its variables from the environment", () => {
  const env = { KEY: "a=b=\nc", EMPTY: "" };
  const workload = makeTestWorkload("sha256:1", "server.js", { env, health: null });
  const labels = makeLabels("installation", "web-1", workload, history);
  expect(JSON.stringify(labels)).not.toContain("a=b");
  const found = readLabels(labels, ["PATH=/bin", "KEY=a=b=\nc", "EMPTY=", "PORT=8080"]);
  expect(found).toEqual({ id: "web-1", workload, history });
});

it("labels that are not Berth's are nobody's instance", () => {
  expect(readLabels({}, [])).toBeNull();
  expect(readLabels({ "dev.berth.spec": "{}", "dev.berth.app": "shop" }, [])).toBeNull();
});
