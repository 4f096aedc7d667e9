import type { Pod } from "@berth/cluster";
import type { InstanceMarks } from "@berth/core";
import { isReadyToKubelet } from "./instance.ts";
import { statusOf } from "./pod.ts";

/** So long a container may take to run, until it is worth asking what of that was its image. */
const slowMs = 1_000;

/**
 * When a pod has got how far. Its own times are whole seconds, so the moments count at which this server saw it so; of a pod that ran
 * already when it was seen first nothing is known.
 */
export class PodMarks {
  #marks: InstanceMarks | null;
  #readyAt: number | null = null;

  /** `askedAt` is when an instance was asked for. */
  constructor(pod: Pod, askedAt: number, now: number) {
    const hasRun = statusOf(pod)?.state?.running !== undefined || (statusOf(pod)?.restartCount ?? 0) > 0;
    this.#marks = hasRun ? null : { askedAt, scheduledAt: null, startedAt: null, listeningAt: null };
    this.take(pod, now);
  }

  /** Takes the pod as it is now. True where it runs at last, and took so long that it is worth asking what of that was its image. */
  take(pod: Pod, now: number): boolean {
    const marks = this.#marks;
    if (marks === null) return false;
    if (isReadyToKubelet(pod)) this.#readyAt ??= now;
    if (pod.spec?.nodeName !== undefined) marks.scheduledAt ??= now;
    if (marks.startedAt !== null || statusOf(pod)?.state?.running === undefined) return false;
    marks.startedAt = now;
    return now - (marks.scheduledAt ?? now) >= slowMs;
  }

  /** How long its image took. */
  pulled(durationMs: number): void {
    const { scheduledAt = null, startedAt = null } = this.#marks ?? {};
    if (this.#marks !== null && scheduledAt !== null && startedAt !== null)
      this.#marks.pulledAt = Math.min(startedAt, scheduledAt + durationMs);
  }

  /** `listeningAt` is when it was found listening, which the kubelet may find before; undefined where nothing is known, as of a later run. */
  marks(listeningAt: number | null, restarts: number): InstanceMarks | undefined {
    return this.#marks === null || restarts > 0
      ? undefined
      : { ...this.#marks, listeningAt: listeningAt ?? this.#readyAt };
  }
}

/**
 * How long an image took to come, as a kubelet's event "Pulled" says, with the wait for others before it:
 * `Successfully pulled image "x" in 812ms (1.2s including waiting). Image size: 5 bytes.`; 0 where it was there. Null for any other text.
 */
export function pullDurationMs(message: string): number | null {
  if (/already present on machine/.test(message)) return 0;
  const text = /\((\S+) including waiting\)/.exec(message)?.[1] ?? /\bin (\d\S*)/.exec(message)?.[1] ?? "";
  const parts = [...text.matchAll(/([\d.]+)(ms|h|m|s|µs|us|ns)/g)];
  if (parts.length === 0) return null;
  return Math.round(parts.reduce((sum, [, number, unit = "ms"]) => sum + Number(number) * (unitMs[unit] ?? 0), 0));
}

const unitMs: Readonly<Record<string, number>> = { h: 3_600_000, m: 60_000, s: 1_000, ms: 1 };
