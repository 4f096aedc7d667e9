import { egressToDns, type Made, nodeLocalDns } from "@berth/cluster";
import type { V1NetworkPolicy, V1NetworkPolicyPeer, V1NetworkPolicyPort } from "@kubernetes/client-node";
import { type Component, componentSelector, ofApps } from "../names.ts";
import { berthPort, buildPort, type InstallPlan } from "../plan.ts";
import { metadata } from "./metadata.ts";

type Policy = Made<V1NetworkPolicy>;

const ofBerth: V1NetworkPolicyPort[] = [{ protocol: "TCP", port: berthPort }];
const apps: V1NetworkPolicyPeer = { namespaceSelector: { matchLabels: { ...ofApps } } };
/** Builds fetch the source from the server and bring what they made. */
const builds: V1NetworkPolicyPeer = {
  ...apps,
  podSelector: { matchLabels: { "app.kubernetes.io/component": "build" } },
};

/**
 * The server is for routers and builds; it goes out wherever it has to: to the API server, to registries, to pods. Routers are for the world,
 * and for pods of apps at the ports of their neighbours; they go to the server and to apps, and nowhere else.
 */
export function makeInstallPolicies(plan: InstallPlan): Policy[] {
  const pods = (component: Component) => ({ podSelector: { matchLabels: componentSelector(component) } });
  return [
    {
      apiVersion: "networking.k8s.io/v1",
      kind: "NetworkPolicy",
      metadata: metadata("deny-all-in", plan),
      spec: { podSelector: {}, policyTypes: ["Ingress"] },
    },
    makePolicy("server", plan, {
      policyTypes: ["Ingress"],
      ingress: [
        { from: [pods("router")], ports: ofBerth },
        { from: [builds], ports: [{ protocol: "TCP", port: buildPort }] },
      ],
    }),
    makePolicy("router", plan, {
      policyTypes: ["Ingress", "Egress"],
      ingress: [{ ports: ofBerth }, { from: [apps] }],
      egress: [egressToDns(nodeLocalDns), { to: [pods("server")], ports: ofBerth }, { to: [apps] }],
    }),
  ];
}

function makePolicy(
  component: Component,
  plan: InstallPlan,
  rules: Omit<NonNullable<Policy["spec"]>, "podSelector">,
): Policy {
  return {
    apiVersion: "networking.k8s.io/v1",
    kind: "NetworkPolicy",
    metadata: metadata(component, plan, component),
    spec: { podSelector: { matchLabels: componentSelector(component) }, ...rules },
  };
}
