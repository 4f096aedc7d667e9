import type { Scale } from "../service.ts";
import type { IdentifiedTask } from "../task.ts";
import type { IdentifiedWorkload } from "../workload.ts";

/** A release as what it runs. */
export interface Generation {
  version: number;
  /** When it became live; null while it is rolled out. */
  liveAt: number | null;
  services: readonly GenerationService[];
  /** What slept when it came goes on sleeping: it differs by its variables alone, and nobody has asked for it. */
  wakesNothing?: boolean;
}

/** A release that is being rolled out. */
export interface Rollout extends Generation {
  /** What has to succeed before it is started, one after the other; missing: nothing. */
  commands?: readonly IdentifiedTask[];
  /** It has a release command, which is not run, for it is what is live already. */
  isUnchanged?: boolean;
}

export interface GenerationService {
  workload: IdentifiedWorkload;
  routes: readonly string[];
  scale: Scale;
}

/** A generation that is kept running for a while, with one instance of each service that listens. */
export interface KeptGeneration extends Generation {
  until: number;
}

/** What an environment should be, as the store and the requests of the last minutes have it. */
export interface DesiredEnvironment {
  live: Generation | null;
  /** The pending release, while one is rolled out. */
  rollout: Rollout | null;
  /** Earlier live releases that a rollback would return to, newest first. */
  warm: readonly KeptGeneration[];
  /** Releases that are visited by their permalinks. */
  visited: readonly KeptGeneration[];
  /** Releases that are drilled: these services run with one instance each, and no request is routed to them. */
  drilled: readonly Generation[];
  /** When a request last asked for a sleeping workload, by workload. */
  woken: ReadonlyMap<string, number>;
  /** Workloads of releases that are kept in the history: they may be stopped, but stay known with their logs. */
  retained: ReadonlySet<string>;
  /** Workloads that the store has had running: what is named no more, and recorded here, may go. Only asked for where there is any such. */
  recorded: ReadonlySet<string>;
  /** Commands of rollouts that have begun, by task: they are not run again. */
  begun: ReadonlySet<string>;
  /** Operations whose tasks are kept, running or ended. */
  kept: ReadonlySet<string>;
}

/** What an environment that is not (or no longer) there should run: nothing. */
export const nothingDesired: DesiredEnvironment = {
  live: null,
  rollout: null,
  warm: [],
  visited: [],
  drilled: [],
  woken: new Map(),
  retained: new Set(),
  recorded: new Set(),
  begun: new Set(),
  kept: new Set(),
};

/** All that is to run, for good or for a while: what is live first. */
export function generationsOf({
  live,
  rollout,
  warm,
  visited,
  drilled,
}: Pick<DesiredEnvironment, "live" | "rollout" | "warm" | "visited" | "drilled">): Generation[] {
  return [live, rollout, ...warm, ...visited, ...drilled].filter((generation) => generation !== null);
}

/** The services of all that is to run, by workload. */
export function servicesById(desired: DesiredEnvironment): ReadonlyMap<string, GenerationService> {
  const services = generationsOf(desired).flatMap((generation) => generation.services);
  return new Map(services.map((service) => [service.workload.id, service]));
}

/** The ids of the workloads that these generations run; null stands for none. */
export function workloadIds(...generations: readonly (Pick<Generation, "services"> | null | undefined)[]): string[] {
  return generations.flatMap((generation) => generation?.services.map(({ workload }) => workload.id) ?? []);
}

/** Whether it has no instances where nobody needs any. */
export function maySleep(service: GenerationService): boolean {
  return listens(service) ? service.scale.min === 0 : service.scale.whileAwake === true;
}

/** What listens takes requests; what does not is a worker, of which exactly one generation runs. */
export function listens(service: GenerationService): boolean {
  return service.workload.health !== null;
}
