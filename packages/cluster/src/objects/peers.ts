import type { V1NetworkPolicyPeer } from "@kubernetes/client-node";

/** Pods of a namespace with these labels, in a rule. Not every network knows pods by their addresses. */
export function podsPeer({
  namespace,
  labels,
}: {
  namespace: string;
  labels: Readonly<Record<string, string>>;
}): V1NetworkPolicyPeer {
  return {
    namespaceSelector: { matchLabels: { "kubernetes.io/metadata.name": namespace } },
    podSelector: { matchLabels: { ...labels } },
  };
}
