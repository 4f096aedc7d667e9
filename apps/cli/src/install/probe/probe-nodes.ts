import { type Cluster, type KubeObject, refOf, type RegistryLogin } from "@berth/cluster";
import type { InstalledPod } from "../describe-pod.ts";
import { installManager } from "../names.ts";
import type { InstallPlan } from "../plan.ts";
import { makeProbePod, makeProbeSecret } from "./probe-pod.ts";
import { readProbe } from "./read-probe.ts";

export interface ProbeNodesDeps {
  cluster: Pick<Cluster, "create" | "get" | "remove">;
  plan: Pick<InstallPlan, "namespace">;
  /** Told apart from those of another run. */
  run: string;
  now(): number;
  sleep(ms: number, signal: AbortSignal): Promise<void>;
  signal: AbortSignal;
}

export interface ProbeAsk {
  nodes: readonly string[];
  image: string;
  login: RegistryLogin | null;
  /** A Secret that is there; where there is no login. */
  secret: string | null;
}

const everyMs = 300;
const patienceMs = 180_000;
/** Of a node that has tried nothing so far: it is busy, or its kubelet is not well. */
export const silence = "it has not tried in time";
/** A failed pull is tried again by the kubelet: a router may have been starting. */
const failedForMs = 25_000;

/** Has each node fetch an image. Resolves with what those said that could not; nothing is left behind. */
export async function probeNodes(ask: ProbeAsk, deps: ProbeNodesDeps): Promise<{ node: string; why: string }[]> {
  const { cluster, plan, run, signal } = deps;
  const options = { manager: installManager, signal };
  const made: KubeObject[] = [];
  const make = async (object: KubeObject) => {
    made.push(object);
    await cluster.create(object, options);
  };
  try {
    const name = `probe-${run}`;
    if (ask.login !== null) await make(makeProbeSecret(name, plan, ask.login));
    const secret = ask.login === null ? ask.secret : name;
    const pods = ask.nodes.map((node, index) =>
      makeProbePod(`${name}-${index}`, plan, { image: ask.image, node, secret }),
    );
    for (const pod of pods) await make(pod);
    const answers = await Promise.all(pods.map((pod) => waitForProbe(pod, deps)));
    return answers.flatMap((why, index) => (why === null ? [] : [{ node: ask.nodes[index]!, why }]));
  } finally {
    // Also where somebody does not wait for the end.
    for (const object of made) await cluster.remove(refOf(object), { graceSeconds: 0 });
  }
}

/** Null where it was fetched. */
async function waitForProbe(pod: KubeObject, { cluster, now, sleep, signal }: ProbeNodesDeps): Promise<string | null> {
  const startedAt = now();
  let failedSince: number | null = null;
  for (;;) {
    const seen = await cluster.get<InstalledPod>(refOf(pod), { signal });
    const probed = seen === null ? ({ kind: "waiting" } as const) : readProbe(seen);
    if (probed.kind === "pulled") return null;
    if (probed.kind === "failed") {
      failedSince ??= now();
      if (now() - failedSince > failedForMs) return probed.why;
    }
    if (now() - startedAt > patienceMs) return probed.kind === "failed" ? probed.why : silence;
    await sleep(everyMs, signal);
  }
}
