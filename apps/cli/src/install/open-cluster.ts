import { existsSync } from "node:fs";
import { join } from "node:path";
import { type Cluster, openCluster } from "@berth/cluster";
import { quietLog, systemClock, systemRandom } from "@berth/core";
import { BerthError } from "@berth/core/errors";

/** Below it, what is emitted is not all known. */
const oldest = { major: 1, minor: 30 };

/** The cluster that kubectl would mean. Throws `settings.invalid`, `cluster.unreachable`. */
export async function openNamedCluster(
  context: string | undefined,
  { env, homeFolder }: { env: Readonly<Record<string, string | undefined>>; homeFolder: string },
): Promise<Cluster> {
  const usual = join(homeFolder, ".kube", "config");
  const kubeconfig = env["KUBECONFIG"] || (existsSync(usual) ? usual : undefined);
  if (kubeconfig === undefined) {
    throw new BerthError("settings.invalid", "Nothing says which cluster is meant.", {
      path: "KUBECONFIG",
      hint: "Name a kubeconfig that kubectl works with (KUBECONFIG=… berth install), or put it at ~/.kube/config.",
    });
  }
  const cluster = await openCluster({
    kubeconfig,
    context,
    deps: { clock: systemClock, random: systemRandom, log: quietLog },
  });
  const [major = 0, minor = 0] = cluster.version.split(".").map((part) => Number.parseInt(part, 10));
  if (major > oldest.major || (major === oldest.major && minor >= oldest.minor)) return cluster;
  await cluster.close();
  throw new BerthError("settings.invalid", `The cluster runs Kubernetes ${cluster.version}.`, {
    path: cluster.server,
    hint: `Berth needs ${oldest.major}.${oldest.minor} or newer.`,
  });
}
