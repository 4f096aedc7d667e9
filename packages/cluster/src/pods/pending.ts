import { conditionOf, containerStatusOf, timeOf } from "./pod.ts";
import type { Pod } from "./pod.ts";

/** What a pod waits for that has not started its program yet. */
export interface Pending {
  /** A clause that begins with "it" and needs no full stop. */
  reason: string;
  /** When it is given up on, ms since the epoch. */
  givenUpAt: number;
  /** How long room is waited for, in all, where nothing but room is missing; null: it is under way, or refused. */
  patienceMs: number | null;
}

/** A node may have much to fetch, and a cluster may have to add a node first. */
const startMs = 600_000;
const scheduleMs = 120_000;
/** What a registry or the API server refuses once may be a hiccup; told again, it is not. */
const refusalMs = 20_000;

/** Why a pod has not started the program of a container, and how long that may take; null where it has. */
export function pendingOf(pod: Pod, container: string, image: string): Pending | null {
  const since = timeOf(pod.metadata.creationTimestamp);
  const { state, lastState } = containerStatusOf(pod, container) ?? {};
  if (state?.running !== undefined || state?.terminated !== undefined) return null;
  if (lastState?.terminated !== undefined) return null;
  const unscheduled = unscheduledReason(pod);
  if (unscheduled !== null) return { reason: unscheduled, givenUpAt: since + scheduleMs, patienceMs: scheduleMs };
  const { reason = "", message = "" } = state?.waiting ?? {};
  const refusal = refusalReason(reason, message, image);
  if (refusal !== null) return { reason: refusal, givenUpAt: since + refusalMs, patienceMs: null };
  const node = pod.spec?.nodeName;
  const doing = node === undefined ? "it waits for a node" : `it is being prepared on ${node}`;
  return { reason: doing, givenUpAt: since + startMs, patienceMs: null };
}

/** `0/3 nodes are available: 3 Insufficient cpu.` as a clause; null where a node was found, or is still looked for. */
function unscheduledReason(pod: Pod): string | null {
  const scheduled = conditionOf(pod, "PodScheduled");
  if (scheduled?.status !== "False" || scheduled.reason !== "Unschedulable") return null;
  const [, total, causes = ""] =
    /^0\/(\d+) nodes are available: (.*?)(?:\.(?: .*)?)?$/s.exec(scheduled.message ?? "") ?? [];
  if (total === undefined) return `it fits on no node: ${clauseOf(scheduled.message ?? "nothing more is known")}`;
  return `it fits on none of the cluster's ${total === "1" ? "nodes (there is 1)" : `${total} nodes`}: ${causes
    .split(", ")
    .map(causeText)
    .join(", ")}`;
}

const resources: Readonly<Record<string, string>> = {
  cpu: "processor time",
  memory: "memory",
  "ephemeral-storage": "disk space",
  pods: "room for another pod",
};

function causeText(cause: string): string {
  const [, count, resource] = /^(\d+) Insufficient ([\w.\-/]+)$/.exec(cause.trim()) ?? [];
  if (resource !== undefined) return `${count} without enough ${resources[resource] ?? resource}`;
  const [, others] = /^(\d+) node\(s\) didn't match Pod's node affinity\/selector$/.exec(cause.trim()) ?? [];
  if (others !== undefined) return `${others} of another architecture than its image`;
  const [, many, pods] = /^(\d+) (Too many pods)$/.exec(cause.trim()) ?? [];
  return pods === undefined ? cause.trim() : `${many} without ${resources["pods"]}`;
}

/** What refuses to start a container, in words of a developer; null where it is only under way. */
function refusalReason(reason: string, message: string, image: string): string | null {
  switch (reason) {
    case "ErrImagePull":
    case "ImagePullBackOff":
    case "ErrImageNeverPull":
    case "RegistryUnavailable":
      return `its image ${image} cannot be pulled: ${pullCause(message)}`;
    case "InvalidImageName":
      return `its image has no valid name: ${image}`;
    case "CreateContainerConfigError":
    case "CreateContainerError":
      return `its container cannot be made: ${clauseOf(message)}`;
    default:
      return null;
  }
}

function pullCause(message: string): string {
  if (/not found|manifest unknown|name unknown/i.test(message)) return "the registry does not have it";
  if (/unauthorized|authentication required|denied|forbidden/i.test(message)) return "the registry refuses the node";
  if (/connection refused|no such host|i\/o timeout|context deadline|dial tcp/i.test(message)) {
    return `the node does not reach the registry (${clauseOf(message)})`;
  }
  return clauseOf(message) || "the node does not say why";
}

/** The last part of a wrapped message, on one line. */
function clauseOf(message: string): string {
  return message
    .replaceAll(/\s+/g, " ")
    .split(": ")
    .slice(-2)
    .join(": ")
    .replace(/[."\s]+$/, "");
}
