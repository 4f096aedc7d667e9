import type { V1PodSecurityContext, V1SecurityContext, V1TopologySpreadConstraint } from "@kubernetes/client-node";

/** Of a container that is confined: it gets no more rights than it starts with, and writes into its volumes alone. */
export const confined: V1SecurityContext = {
  allowPrivilegeEscalation: false,
  capabilities: { drop: ["ALL"] },
  readOnlyRootFilesystem: true,
};

/** Of a pod whose containers all run as this user, and never as root; with `ownsVolumes` its group may write into its volumes. */
export function podSecurity(user: number, group: number, { ownsVolumes }: { ownsVolumes: boolean }) {
  return {
    runAsNonRoot: true,
    runAsUser: user,
    runAsGroup: group,
    ...(ownsVolumes && { fsGroup: group, fsGroupChangePolicy: "OnRootMismatch" }),
    seccompProfile: { type: "RuntimeDefault" },
  } satisfies V1PodSecurityContext;
}

/** Pods with these labels are over zones and nodes as evenly as there is room. */
export function spreadEvenly(matchLabels: Readonly<Record<string, string>>): V1TopologySpreadConstraint[] {
  return ["topology.kubernetes.io/zone", "kubernetes.io/hostname"].map((topologyKey) => ({
    maxSkew: 1,
    topologyKey,
    whenUnsatisfiable: "ScheduleAnyway",
    labelSelector: { matchLabels: { ...matchLabels } },
  }));
}
