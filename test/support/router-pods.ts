import { execFile } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";
import type { Cluster, KubeObject } from "../../packages/cluster/src/index.ts";
import { kubectl } from "../../packages/runtimes/src/kubernetes/testing/kubectl.ts";
import type { Berth } from "./berth.ts";
import type { Pod } from "./cluster.ts";
import { mirrors } from "./parts.ts";
import { until } from "./until.ts";

const root = join(import.meta.dirname, "../..");
const page = join(root, "docs/routers.md");

/** Two pods that are routers, as the documentation makes them. */
export interface RouterPods {
  namespace: string;
  /** Of the Service before them. */
  address: string;
  /** That are ready and not about to end. */
  pods(): Promise<Pod[]>;
  remove(): Promise<void>;
}

/** The image of Berth as it is in this checkout, where nodes of the test cluster pull from. */
export async function pushOwnImage(): Promise<string> {
  const argv = [join(root, "tools/image/main.ts"), "--push", "localhost:5055/berth"];
  const env = { ...process.env, BERTH_MIRRORS: mirrors };
  const { stdout } = await promisify(execFile)(process.execPath, argv, { cwd: root, env });
  return stdout.trim();
}

/** Applies what the documentation says, with what is to be filled in, and waits until the pods are ready. */
export async function startRouterPods(
  { cluster, berth }: { cluster: Cluster; berth: Pick<Berth, "home" | "port"> },
  namespace: string,
  server: string,
): Promise<RouterPods> {
  const filled: [string, string][] = [
    ["berth-system", namespace],
    [`"…"`, readFileSync(join(berth.home, "router-token"), "utf8").trim()],
    ["registry.example.com/berth@sha256:…", await pushOwnImage()],
    ["10.0.0.5:4000", `${server}:${berth.port}`],
    ["apps.example.org", "localhost"],
    ["4000", String(berth.port)],
    // Many share the test cluster's one node.
    ["cpu: 100m", "cpu: 10m"],
  ];
  const [, yaml = ""] = /```yaml\n([^`]+)```/.exec(readFileSync(page, "utf8")) ?? [];
  const text = filled.reduce((before, [from, to]) => before.replaceAll(from, to), yaml);
  const pods = async () => {
    const labels = "app.kubernetes.io/component=router";
    const { items } = await cluster.list<Pod>({ apiVersion: "v1", kind: "Pod" }, { namespace, labels });
    return items.filter(
      ({ metadata, status }) =>
        metadata.deletionTimestamp === undefined &&
        status?.conditions?.some(({ type, status: value }) => type === "Ready" && value === "True"),
    );
  };
  const remove = () =>
    cluster.remove({ apiVersion: "v1", kind: "Namespace", namespace: null, name: namespace }).then(() => undefined);
  try {
    await kubectl(["apply", "-f", "-"], text);
    await until("two router pods are ready", async () => (await pods()).length === 2, 90_000);
    const service = await cluster.get<KubeObject & { spec?: { clusterIP?: string } }>({
      apiVersion: "v1",
      kind: "Service",
      namespace,
      name: "router",
    });
    return { namespace, address: service?.spec?.clusterIP ?? "", pods, remove };
  } catch (error) {
    await remove();
    throw error;
  }
}
