import type { Made } from "@berth/cluster";
import type { V1Secret } from "@kubernetes/client-node";
import { installName } from "../names.ts";
import type { InstallPlan } from "../plan.ts";
import { metadata } from "./metadata.ts";

/** What routers show the server, what was set besides, and logins to registries. */
export function makeSecrets(plan: InstallPlan): Made<V1Secret>[] {
  const { routerToken, settings, registryConfig } = plan;
  return [
    makeSecret(installName.routerToken, plan, { token: routerToken }),
    makeSecret(installName.settings, plan, { ...settings }),
    ...(registryConfig === null
      ? []
      : [
          {
            ...makeSecret(installName.registryLogin, plan, { ".dockerconfigjson": registryConfig }),
            type: "kubernetes.io/dockerconfigjson",
          },
        ]),
  ];
}

function makeSecret(name: string, plan: InstallPlan, values: Record<string, string>): Made<V1Secret> {
  const data = Object.fromEntries(
    Object.entries(values).map(([key, value]) => [key, Buffer.from(value).toString("base64")]),
  );
  return { apiVersion: "v1", kind: "Secret", metadata: metadata(name, plan), type: "Opaque", data };
}
