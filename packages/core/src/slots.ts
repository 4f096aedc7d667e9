/** What one router has of the slots of instances that take only so many requests at once. */
export interface SlotReport {
  /** The last allotment that it has taken. */
  seq: number;
  /** All that it has, rather than what has changed: the first of a connection. */
  isWhole: boolean;
  /** By workload; only those that have a limit. */
  workloads: ReadonlyMap<string, HeldSlots>;
}

export interface HeldSlots {
  /** What may be in use, by instance: what it was given, or what is in use above that. */
  held: ReadonlyMap<string, number>;
  /** Requests at instances. */
  used: number;
  /** Requests that wait for a slot. */
  want: number;
}

/** How many requests one router may have at each instance at once, from now on. */
export interface SlotAllotment {
  seq: number;
  /** By workload, by instance; only what has changed. Null: of that workload it has none any more. */
  workloads: ReadonlyMap<string, ReadonlyMap<string, number> | null>;
}
