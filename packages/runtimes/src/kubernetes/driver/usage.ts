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

/** What a pod uses now. */
export interface PodUsage {
  memoryBytes: number | null;
  /** Thousandths of a processor. */
  cpuMillis: number | null;
}

const unknown: PodUsage = { memoryBytes: null, cpuMillis: null };

/** What pods use of memory and processors, as the cluster measures it: one call for all of them, from time to time. */
export class Usage {
  readonly #deps: UsageDeps;
  readonly #closing = new AbortController();
  #used = new Map<string, PodUsage>();

  constructor(deps: UsageDeps) {
    this.#deps = deps;
    void this.#run();
  }

  /** Null for what is not known (yet). */
  of({ metadata }: Pick<KubeObject, "metadata">): PodUsage {
    return this.#used.get(`${metadata.namespace}/${metadata.name}`) ?? unknown;
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
      this.#used = new Map(items.flatMap((item) => entryOf(item)));
      return true;
    } catch {
      return (await cluster.read(`/apis/${kind.apiVersion}`, { signal }).catch(() => "unknown")) !== null;
    }
  }
}

function entryOf({ metadata, containers }: PodMetrics): [string, PodUsage][] {
  const usage = containers?.find(({ name }) => name === containerName)?.usage;
  const [bytes, processors] = [quantityValue(usage?.["memory"]), quantityValue(usage?.["cpu"])];
  if (bytes === null && processors === null) return [];
  const used = {
    memoryBytes: bytes === null ? null : Math.round(bytes),
    cpuMillis: processors === null ? null : Math.round(processors * 1_000),
  };
  return [[`${metadata.namespace}/${metadata.name}`, used]];
}
