import { existsSync } from "node:fs";
import { join } from "node:path";
import { BerthError } from "@berth/core";

/** Which kubeconfig is meant: that of KUBECONFIG, else ~/.kube/config; undefined inside a pod, whose own account is used. Throws `settings.invalid`. */
export function findKubeconfig(
  env: Readonly<Record<string, string | undefined>>,
  home: string,
  isThere: (file: string) => boolean = existsSync,
): string | undefined {
  if (env["KUBECONFIG"]) return env["KUBECONFIG"];
  const usual = join(home, ".kube", "config");
  if (isThere(usual)) return usual;
  if (env["KUBERNETES_SERVICE_HOST"]) return undefined;
  throw new BerthError("settings.invalid", "Apps are to run on a cluster, and nothing says on which.", {
    path: "KUBECONFIG",
    hint: "Name a kubeconfig that kubectl works with (KUBECONFIG=… npm start), or put it at ~/.kube/config.",
  });
}
