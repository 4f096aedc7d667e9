import type { KubeObject, Made } from "@berth/cluster";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import type { V1CronJob, V1Deployment } from "@kubernetes/client-node";
import { afterAll, expect, test } from "vitest";
import { parseAllDocuments } from "yaml";
import { describeWithCluster, applyServerSide, removeNamespaces, tryKubectl } from "./testing/kubectl.ts";
import { drawPrefix } from "./testing/on-cluster.ts";
import { renderYaml } from "./yaml.ts";

const folder = join(import.meta.dirname, "fixtures");
const files = readdirSync(folder).filter((name) => name.endsWith(".yaml"));

describeWithCluster(() => {
  const namespaces: string[] = [];
  afterAll(() => removeNamespaces(...namespaces));

  test.each(files)("the API server takes %s, and its pods as restricted ones", async (file) => {
    const prefix = drawPrefix();
    const text = readFileSync(join(folder, file), "utf8").replaceAll(/\bberth-(?=\S+--)/g, prefix);
    const objects = parseAllDocuments(text).map((document) => document.toJS() as KubeObject);
    const [namespace] = objects;
    namespaces.push(namespace!.metadata.name);
    await applyServerSide(renderYaml(objects.filter(({ kind }) => kind === "Namespace" || kind === "ServiceAccount")));

    const dryRun = ["apply", "--server-side", "--dry-run=server", "-f", "-"];
    const answer = await tryKubectl(dryRun, text);
    // Pod Security would warn of a template that it does not admit.
    expect(answer).toMatchObject({ exitCode: 0, stderr: "" });
    expect(answer.stdout.trim().split("\n")).toHaveLength(objects.length);

    const pods = objects
      .filter(({ kind }) => kind === "Deployment" || kind === "Job" || kind === "CronJob")
      .map((object) => podOf(object as Made<V1Deployment> | Made<V1CronJob>));
    expect(await tryKubectl(dryRun, renderYaml(pods))).toMatchObject({ exitCode: 0, stderr: "" });
  });
});

function podOf({ metadata: { name, namespace }, spec }: Made<V1Deployment> | Made<V1CronJob>): KubeObject {
  const { template } = "jobTemplate" in spec! ? spec.jobTemplate.spec! : spec!;
  const { metadata, spec: pod } = template;
  const { labels = {} } = metadata ?? {};
  const made = { apiVersion: "v1", kind: "Pod", metadata: { name, namespace: namespace!, labels }, spec: pod };
  return made;
}
