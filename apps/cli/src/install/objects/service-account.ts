import type { Made } from "@berth/cluster";
import type { V1ServiceAccount } from "@kubernetes/client-node";
import { type Component, installName } from "../names.ts";
import type { InstallPlan } from "../plan.ts";
import { metadata } from "./metadata.ts";

/** Whom a part is on the cluster. Routers are nobody: they ask the cluster nothing. */
export function makeServiceAccount(component: Component, plan: InstallPlan): Made<V1ServiceAccount> {
  return {
    apiVersion: "v1",
    kind: "ServiceAccount",
    metadata: metadata(component, plan, component),
    automountServiceAccountToken: false,
    ...(plan.registryConfig !== null && { imagePullSecrets: [{ name: installName.registryLogin }] }),
  };
}
