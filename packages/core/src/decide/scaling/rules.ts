/** How a number of instances follows the load. None of it is a matter of one app. */
export interface ScalingRules {
  /** The part of its `concurrency` that an instance should have in flight: the rest is for what comes before another one is ready. */
  targetShare: number;
  /** The window whose average says how many instances there should be. */
  stableMs: number;
  /** The window whose average says whether the load has risen too fast for that. */
  panicMs: number;
  /** It has, where it asks for this many times the instances that are ready. */
  panicThreshold: number;
  /** At most this many times as many instances at once, and at least one more. */
  maxUpRate: number;
  /** At most this many times fewer instances at once. */
  maxDownRate: number;
  /** Requests that may come at once, on top of the average, without one instance having more than its `concurrency`. */
  burst: number;
  /** Use of processors that is off by no more than this part changes nothing: it is never even. */
  cpuTolerance: number;
  /** How often requests are counted while their number changes, and use of processors is looked at while there is any. */
  countEveryMs: number;
  measureEveryMs: number;
}

/**
 * The defaults of Knative's autoscaler (config-autoscaler: `container-concurrency-target-percentage`, `stable-window`,
 * `panic-window-percentage`, `panic-threshold-percentage`, `max-scale-up-rate`, `max-scale-down-rate`), and for processors the tolerance
 * of Kubernetes' HorizontalPodAutoscaler. Every request passes the router, which holds what finds no place: no room is kept for bursts.
 */
export const defaultScalingRules: ScalingRules = {
  targetShare: 0.7,
  stableMs: 60_000,
  panicMs: 6_000,
  panicThreshold: 2,
  maxUpRate: 1_000,
  maxDownRate: 2,
  burst: 0,
  cpuTolerance: 0.1,
  countEveryMs: 2_000,
  measureEveryMs: 5_000,
};
