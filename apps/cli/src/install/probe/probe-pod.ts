import { confined, type Made, podSecurity, type RegistryLogin, registryLoginContent } from "@berth/cluster";
import type { V1Pod, V1Secret } from "@kubernetes/client-node";
import { metadata } from "../objects/metadata.ts";
import type { InstallPlan } from "../plan.ts";

/** What nodes log in with for the probe. */
export function makeProbeSecret(
  name: string,
  plan: Pick<InstallPlan, "namespace">,
  login: RegistryLogin,
): Made<V1Secret> {
  return { apiVersion: "v1", kind: "Secret", metadata: metadata(name, plan), ...registryLoginContent(login) };
}

/** A pod that has one node fetch an image. There is no program in that image: that it cannot be started shows that it was fetched. */
export function makeProbePod(
  name: string,
  plan: Pick<InstallPlan, "namespace">,
  { image, node, secret }: { image: string; node: string; secret: string | null },
): Made<V1Pod> {
  return {
    apiVersion: "v1",
    kind: "Pod",
    metadata: metadata(name, plan),
    spec: {
      nodeName: node,
      restartPolicy: "Never",
      automountServiceAccountToken: false,
      enableServiceLinks: false,
      terminationGracePeriodSeconds: 0,
      ...(secret !== null && { imagePullSecrets: [{ name: secret }] }),
      securityContext: podSecurity(1_000, 1_000, { ownsVolumes: false }),
      // Also nodes that take no other pods fetch images of those that they have.
      tolerations: [{ operator: "Exists" }],
      containers: [
        {
          name: "probe",
          image,
          imagePullPolicy: "Always",
          command: ["/probe"],
          resources: { requests: { cpu: "1m", memory: "4Mi" }, limits: { memory: "16Mi" } },
          securityContext: confined,
        },
      ],
    },
  };
}
