import type { Clock, HeldSlots, SlotAllotment, SlotReport } from "@berth/core";
import type { Workload } from "./workload.ts";

/** Numbers that change with each request are told no more often than that. */
const reportEveryMs = 50;

export interface SlotsDeps {
  clock: Clock;
  workloads: ReadonlyMap<string, Workload>;
  /** How many requests wait for a workload. */
  waiting(workload: string): number;
  onReport: ((report: SlotReport) => void) | undefined;
}

/** What this router has of the slots of limited instances: takes what it is allotted, and tells what it holds and wants. */
export class Slots {
  readonly #deps: SlotsDeps;
  /** Also of workloads that only the next table has. */
  readonly #quotas = new Map<string, ReadonlyMap<string, number>>();
  readonly #changed = new Set<string>();
  #seq = 0;
  #isAlone = false;
  #isDue = false;
  #isPlanned = false;

  constructor(deps: SlotsDeps) {
    this.#deps = deps;
  }

  /** Tells a new workload what it may use. */
  open(workload: Workload): Workload {
    if (this.#isAlone) workload.standAlone(true);
    const quotas = this.#quotas.get(workload.id);
    if (quotas !== undefined) workload.allot(quotas);
    return workload;
  }

  /** Returns the workloads whose part has changed. */
  allot({ seq, workloads }: SlotAllotment): Workload[] {
    this.#seq = seq;
    const changed: Workload[] = [];
    for (const [id, quotas] of workloads) {
      if (quotas === null) this.#quotas.delete(id);
      else this.#quotas.set(id, quotas);
      this.#changed.add(id);
      const workload = this.#deps.workloads.get(id);
      if (workload === undefined) continue;
      workload.allot(quotas ?? new Map());
      changed.push(workload);
    }
    this.#reportSoon();
    return changed;
  }

  /** Something of a workload is another way now. What others wait for is told at once. */
  changed(workload: Workload, isUrgent: boolean): void {
    if (this.#deps.onReport === undefined || !workload.isLimited) return;
    this.#changed.add(workload.id);
    if (isUrgent) this.#reportSoon();
    else void this.#reportLater();
  }

  /** All that there is: the first that whoever divides the slots is told. What comes to be allotted from then on counts from the beginning. */
  whole(): SlotReport {
    this.#seq = 0;
    this.#changed.clear();
    const workloads = new Map<string, HeldSlots>();
    for (const workload of this.#deps.workloads.values())
      if (workload.isLimited) workloads.set(workload.id, this.#heldOf(workload));
    for (const id of this.#quotas.keys()) if (!workloads.has(id)) this.#quotas.delete(id);
    return { seq: 0, isWhole: true, workloads };
  }

  standAlone(isAlone: boolean): void {
    if (isAlone === this.#isAlone) return;
    this.#isAlone = isAlone;
    for (const workload of this.#deps.workloads.values()) workload.standAlone(isAlone);
  }

  /** Once all of what happens just now has happened. */
  #reportSoon(): void {
    if (this.#isDue || this.#deps.onReport === undefined) return;
    this.#isDue = true;
    queueMicrotask(() => {
      this.#isDue = false;
      this.#report();
    });
  }

  async #reportLater(): Promise<void> {
    if (this.#isPlanned) return;
    this.#isPlanned = true;
    await this.#deps.clock.sleep(reportEveryMs);
    this.#isPlanned = false;
    if (this.#changed.size > 0) this.#report();
  }

  #report(): void {
    const workloads = new Map<string, HeldSlots>();
    for (const id of this.#changed) {
      const workload = this.#deps.workloads.get(id);
      const quotas = this.#quotas.get(id);
      if (workload?.isLimited === true) workloads.set(id, this.#heldOf(workload));
      else if (quotas !== undefined) workloads.set(id, { held: quotas, used: 0, want: 0 });
    }
    this.#changed.clear();
    this.#deps.onReport?.({ seq: this.#seq, isWhole: false, workloads });
  }

  #heldOf(workload: Workload): HeldSlots {
    return { ...workload.slots(), want: workload.hasInstances ? this.#deps.waiting(workload.id) : 0 };
  }
}
