import type { KubeObject } from "@berth/cluster";

interface ContainerState {
  waiting?: { reason?: string; message?: string };
  running?: object;
  terminated?: { reason?: string; exitCode: number; message?: string };
}

/** A pod, as far as is looked at. */
export interface InstalledPod extends KubeObject {
  spec?: { nodeName?: string; containers?: readonly { image?: string }[] };
  status?: {
    phase?: string;
    conditions?: readonly { type: string; status: string; reason?: string; message?: string }[];
    containerStatuses?: readonly {
      ready: boolean;
      restartCount: number;
      state?: ContainerState;
      lastState?: ContainerState;
    }[];
  };
}

export interface PodState {
  /** `failed` is what does not pass by itself, as far as anybody can tell. */
  kind: "ready" | "waiting" | "failed";
  /** What it waits for, or what is wrong. */
  text: string;
}

const pullProblems = new Set(["ErrImagePull", "ImagePullBackOff", "InvalidImageName", "ErrImageNeverPull"]);
/** So often it may end before it counts as failed: the first start may come before what it needs. */
const restartsAtMost = 2;

/** What is to be said of a pod that is waited for. */
export function describePod({ metadata, spec, status }: InstalledPod): PodState {
  const condition = (type: string) => status?.conditions?.find((each) => each.type === type);
  if (condition("Ready")?.status === "True") return { kind: "ready", text: "ready" };
  if (condition("PodScheduled")?.status === "False") {
    const why = condition("PodScheduled")?.message;
    return { kind: "waiting", text: `waits for a node${why === undefined ? "" : `: ${firstSentence(why)}`}` };
  }
  const container = status?.containerStatuses?.[0];
  const node = spec?.nodeName ?? "a node";
  const waiting = container?.state?.waiting;
  if (waiting?.reason !== undefined && pullProblems.has(waiting.reason)) {
    const image = spec?.containers?.[0]?.image ?? "its image";
    return { kind: "failed", text: `${node} cannot pull ${image}: ${waiting.message ?? waiting.reason}` };
  }
  const ended = container?.state?.terminated ?? container?.lastState?.terminated;
  if (ended !== undefined && (container?.restartCount ?? 0) > 0) {
    const text = `${metadata.name} ended with exit code ${ended.exitCode}${ended.reason === "OOMKilled" ? ", out of memory" : ""}`;
    const isFailed = (container?.restartCount ?? 0) > restartsAtMost;
    return {
      kind: isFailed ? "failed" : "waiting",
      text: ended.message ? `${text}: ${lastLines(ended.message)}` : text,
    };
  }
  if (container?.state?.running !== undefined) return { kind: "waiting", text: `starts on ${node}` };
  return { kind: "waiting", text: `is prepared on ${node}` };
}

function firstSentence(text: string): string {
  return text.split(/\. |\n/)[0]!.replace(/\.$/, "");
}

function lastLines(text: string): string {
  return text.trim().split("\n").slice(-6).join("\n");
}
