import type { InstalledPod } from "../describe-pod.ts";

export type Probed = { kind: "waiting" } | { kind: "pulled" } | { kind: "failed"; why: string };

const failures = new Set(["ErrImagePull", "ImagePullBackOff", "InvalidImageName", "RegistryUnavailable"]);
/** What comes after the image is there: it has no program to start. */
const afterwards = new Set([
  "CreateContainerError",
  "RunContainerError",
  "CrashLoopBackOff",
  "CreateContainerConfigError",
]);

/** Whether the node of a probe has fetched its image. */
export function readProbe({ status }: InstalledPod): Probed {
  const state = status?.containerStatuses?.[0]?.state;
  const { reason = "", message } = state?.waiting ?? {};
  if (failures.has(reason)) return { kind: "failed", why: shortReason(message ?? reason) };
  if (afterwards.has(reason) || state?.terminated !== undefined || state?.running !== undefined)
    return { kind: "pulled" };
  return { kind: "waiting" };
}

/** Container runtimes wrap a reason in what they were doing, each part after a colon. */
function shortReason(message: string): string {
  const plain = message.replaceAll('\\"', '"').replace(/^Back-off pulling image "[^"]*": /, "");
  const parts = plain.split(/: (?=[^/])/).map((part) => part.replace(/^"|"$/g, "").trim());
  const known = /^(dial tcp|lookup|x509|tls|http|unexpected status|failed to authorize|Get "|server gave HTTP)/i;
  const from = parts.findIndex((part) => known.test(part));
  return (from === -1 ? parts.slice(-2) : parts.slice(from)).join(": ");
}
