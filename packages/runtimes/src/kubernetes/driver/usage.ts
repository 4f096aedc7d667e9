import type { Cluster, KubeObject } from "@berth/cluster";
import type { Clock } from "@berth/core";
import { quantityValue } from "../drift/quantity.ts";
import { label } from "../labels.ts";
import { containerName } from "../names.ts";

interface PodMetrics extends KubeObject {
  containers?: readonly { name: string; usage?: Record<string, string> }[];
}

export interface UsageDeps {
  cluster: Cluster;
  installation: string;
  clock: Clock;
  /** Whether there is anything to measure. */
  hasPods(): boolean;
  everyMs: number;
}

/** A cluster without a metrics server is asked seldom whether it has one by now. */
const missingPauseMs = 300_000;
const kind = { apiVersion: "metrics.k8s.io/v1beta1", kind: "PodMetrics" };

/** How much memory pods use, as the cluster measures it: one call for all of them, from time to time. */
export class Usage {
  readonly #deps: UsageDeps;
  readonly #closing = new AbortController();
  #bytes = new Map<string, number>();

  constructor(deps: UsageDeps) {
    this.#deps = deps;
    void this.#run();
  }

  /** Null while it is not known. */
  bytesOf({ metadata }: Pick<KubeObject, "metadata">): number | null {
    return this.#bytes.get(`${metadata.namespace}/${metadata.name}`) ?? null;
  }

  close(): void {
    this.#closing.abort();
  }

  async #run(): Promise<void> {
    const { clock, everyMs, hasPods } = this.#deps;
    const { signal } = this.#closing;
    while (!signal.aborted) {
      const isMeasured = !hasPods() || (await this.#measure(signal));
      await clock.sleep(isMeasured ? everyMs : missingPauseMs, signal);
    }
  }

  /** False where nobody measures. What goes wrong once is not worth a word: it is asked again. */
  async #measure(signal: AbortSignal): Promise<boolean> {
    const { cluster, installation } = this.#deps;
    const labels = `${label.installation}=${installation}`;
    try {
      const { items } = await cluster.list<PodMetrics>(kind, { labels, signal });
      this.#bytes = new Map(items.flatMap((item) => entryOf(item)));
      return true;
    } catch {
      return (await cluster.read(`/apis/${kind.apiVersion}`, { signal }).catch(() => "unknown")) !== null;
    }
  }
}

function entryOf({ metadata, containers }: PodMetrics): [string, number][] {
  const usage = containers?.find(({ name }) => name === containerName)?.usage?.["memory"];
  const bytes = quantityValue(usage);
  return bytes === null ? [] : [[`${metadata.namespace}/${metadata.name}`, Math.round(bytes)]];
}
