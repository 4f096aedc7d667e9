import type { HandChange } from "./adopt.ts";
import type { Platform } from "./artifact.ts";
import type { ExecOptions, ExecSession } from "./exec.ts";
import type { NamedObject } from "./diff/sides.ts";
import type { Autoscale, Scale } from "./service.ts";
import type { IdentifiedTask } from "./task.ts";
import type { InstanceMarks } from "./wake.ts";
import type { IdentifiedWorkload } from "./workload.ts";

/** Where an instance answers. */
export interface Endpoint {
  host: string;
  port: number;
}

/**
 * - `starting`: made, not ready yet
 * - `ready`: answers its health check, or is a worker that has lived long enough
 * - `stopping`: asked to stop
 * - `exited`: ended by itself and waits to be started again
 */
export type InstanceState = "starting" | "ready" | "stopping" | "exited";

export interface InstanceExit {
  at: number;
  code: number | null;
  signal: string | null;
  /** It was ended because it used more memory than it may. */
  outOfMemory: boolean;
}

export interface ObservedInstance {
  id: string;
  workload: string;
  state: InstanceState;
  startedAt: number;
  readyAt: number | null;
  /** How often the instance in this place was started again. */
  restarts: number;
  lastExit: InstanceExit | null;
  endpoint: Endpoint | null;
  memoryBytes: number | null;
  /** What it uses of processors at the moment, in thousandths of one; missing or null where nobody measures it. */
  cpuMillis?: number | null;
  /** The machine it is on, where the runtime has several; missing or null where there is but one, or none was chosen yet. */
  node?: string | null;
  /** Why it is not ready, in a sentence a developer understands. */
  reason: string | null;
  /** Since when it listens, and stays so, where it is not reached: at another port, or for itself only. */
  elsewhereSince: number | null;
  /** Its program has not been started yet, and has to be by then. Null where it was: then the health check's time counts. */
  givenUpAt: number | null;
  /** How long it is waited in all for room that there is none of, ms; missing or null where it waits for none. */
  patienceMs?: number | null;
  /** How its start went, of this run; missing where that was not seen. */
  marks?: InstanceMarks;
}

/** Why the runtime makes no instances of a workload, as a clause that begins with "it", and since when. */
export interface Refusal {
  reason: string;
  at: number;
}

export interface ObservedWorkload {
  id: string;
  app: string;
  environment: string;
  service: string;
  /** The registered cluster that it is on; missing: where the settings have apps run. */
  cluster?: string;
  /** How many instances the runtime was last asked for. */
  replicas: number;
  instances: readonly ObservedInstance[];
  refusal: Refusal | null;
  /** When an instance was asked for that is not there yet, ms since the epoch; null or missing where there is none such. */
  askedAt?: number | null;
  /** All that `ensure` has made is there, and as it has made it. */
  isWhole: boolean;
  /** Within which bounds the runtime sets `replicas` by load; missing or null: it does not. `unknown`: it does, and not as this server has asked for. */
  autoscale?: Autoscale | "unknown" | null;
}

/** A field that somebody else has set, taken away or added. Values are texts for people, and never those of a Secret. */
export interface DriftField {
  /** Such as `spec.template.spec.containers[app].image`; empty for the whole object. */
  path: string;
  /** Null where nothing was made there: it was added. */
  desired: string | null;
  /** Null where it is gone. */
  found: string | null;
  /** Who has set it, as the runtime knows its callers, such as `kubectl-edit`; null where nobody can tell. */
  manager: string | null;
  /** When, ms since the epoch; null where nobody can tell. */
  setAt: number | null;
  adoption: Adoption;
}

/** What a field says in the words of berth.yaml; or why nothing in it does, in a clause. */
export type Adoption = { change: HandChange } | { refusal: string };

/** What was changed by hand and has been put back. */
export interface Drift {
  /** When it was put back. */
  at: number;
  /** What it concerns, such as `Deployment web-1f0c3aa21f0c`. */
  object: string;
  /** The workload that it is of; null where it is the environment's. */
  workload: string | null;
  fields: readonly DriftField[];
}

/**
 * - `made`: what it needs is there; it was not started
 * - `running`: it was started, or soon will be
 * - `ended`: it will not run any more, and all that it wrote is in its log
 */
export type TaskState = "made" | "running" | "ended";

/** A run of a command, as it is on a runtime. */
export interface ObservedTask extends Scope {
  id: string;
  service: string;
  /** The operation that it runs for. */
  run: string;
  /** What runs it, by the id that `exec` takes; null or missing where nothing does. */
  instance?: string | null;
  state: TaskState;
  /** Null where its program has not been started yet. */
  startedAt: number | null;
  /** Null while it runs, and where nobody knows how it ended. */
  exit: InstanceExit | null;
  /** Why it has not started yet, or how it ended, as a clause that begins with "it". */
  reason: string | null;
  /** Its program has not been started yet, and has to be by then. */
  givenUpAt: number | null;
  /** How long it is waited in all for room that there is none of, ms; missing or null where it waits for none. */
  patienceMs?: number | null;
}

/** All that exists on a runtime and is ours. */
export interface Observation {
  at: number;
  tasks: ReadonlyMap<string, ObservedTask>;
  workloads: ReadonlyMap<string, ObservedWorkload>;
  /** Why this may be out of date, in a sentence: what the runtime asks does not answer. Null or missing where it is not. */
  outdated?: string | null;
  /** Since when it has been up to date, ms since the epoch; 0 or missing where it always was. */
  freshSince?: number;
}

/** Something that was decided, for people who look at the runtime itself. */
export interface RuntimeNote {
  /** The workload it concerns; null: the environment. */
  workload: string | null;
  /** One word in CamelCase that programs can look for, such as `RolloutFailed`. */
  reason: string;
  isWarning: boolean;
  /** One sentence for people. */
  text: string;
}

export interface Scope {
  app: string;
  environment: string;
}

export interface LogLine {
  at: number;
  instance: string;
  stream: "stdout" | "stderr" | "berth";
  text: string;
}

export interface LogOptions {
  /** At most this many of the newest lines first. */
  tail: number;
  /** Go on with new lines until the signal aborts. */
  follow: boolean;
  signal: AbortSignal;
}

/**
 * How an instance names another service of its environment: by a loopback port (`http://127.0.0.1:30001`), by the service's name
 * (`http://api:30001`), by a name that needs no port (`http://api`), or not at all, where this machine has no address that instances could reach.
 */
export type NeighbourNaming = "loopback" | "service-name" | "dns" | "none";

export interface ExecAbilities {
  /** Whether a program gets a terminal where one is asked for; null where it does, else why not, as a sentence. */
  lacksTerminal: string | null;
  /** Whether what a program has started ends with it where the server is killed. Where it stops, or the client goes away, it does everywhere. */
  endsWithServer: boolean;
}

export interface RuntimeDescriptor {
  name: string;
  /** Instances get a port of their own on this machine (process), rather than an address of their own. */
  sharesNetwork: boolean;
  /** What images have to be made for. */
  platform: Platform;
  /** Whether images have to contain the base they run on. Without, the machine's own system and tools stand for it. */
  needsBase: boolean;
  neighbours: NeighbourNaming;
  /** Whether what an instance writes to its error output is told from the rest. */
  separatesStreams: boolean;
  /** Whether it scales a workload by its use of processors (`scale: { cpu }`) itself. Where it does not, Berth does, by `cpuMillis`. */
  scalesByLoad: boolean;
  /** What `exec` gives programs here. */
  exec: ExecAbilities;
  /** Whether instances end with the server where somebody stops it at its terminal; where they are another machine's, they go on. */
  endsWithServer: boolean;
}

/** What all instances and tasks of an environment may ask for together. */
export interface EnvironmentQuota {
  pods: number;
  cpuMillis: number;
  memoryBytes: number;
}

/** Where workloads run. Every call is idempotent and may be repeated after a crash at any point. */
export interface Runtime {
  descriptor: RuntimeDescriptor;
  /** All that exists and is ours, or what of it is in this environment, with why it is not ready. */
  observe(scope?: Scope): Promise<Observation>;
  /** Calls `dirty` whenever something may have changed. It only says "look now". Returns how to stop. */
  watch(dirty: (scope: Scope) => void): () => void;
  /** Makes the workload known and its image ready to start; starts nothing. */
  ensure(workload: IdentifiedWorkload): Promise<void>;
  /** Drives the number of instances of a known workload to `replicas` and keeps it there: what crashes is started again, with growing pauses. */
  scale(id: string, replicas: number): Promise<void>;
  /**
   * Lets the runtime set the number of instances of a known workload by its load from now on; null: not any more. Only of a runtime that
   * `scalesByLoad`. A workload that goes to zero, or is kept warm, has to be without.
   */
  autoscale?(id: string, to: Autoscale | null): Promise<void>;
  /**
   * Has a command run, once: resolves when it was started, or is on its way there. What was started before, by this server or one
   * before it, is not started again, however it ended, while the runtime has it; after `remove` it has it no more.
   */
  run(task: IdentifiedTask): Promise<void>;
  /** Stops all instances of a workload, or ends a task, gracefully and forgets it, with its logs. */
  remove(id: string): Promise<void>;
  /** Where the ready instances of a workload answer. */
  endpoints(id: string): readonly { instance: string; endpoint: Endpoint }[];
  /** Of a workload or a task. Of a task the last line is one of Berth's own: how it ended. */
  logs(id: string, options: LogOptions): AsyncIterable<LogLine>;
  /**
   * Runs a program beside an instance of a workload, as the instance's own would be. Throws `workload.not-found`, `instance.not-found`
   * and `instance.not-running`; a program that cannot be started is one that has ended.
   */
  exec(id: string, instance: string, options: ExecOptions): Promise<ExecSession>;
  /** Says which release a workload is of, where the runtime shows that: it is no part of the workload. */
  showRelease?(id: string, version: number): Promise<void>;
  /** Keeps with what it concerns what was decided about it, where the runtime has a place for that. Costs the caller nothing, and never fails. */
  note?(scope: Scope, note: RuntimeNote): void;
  /** What an environment may take on a registered cluster, or, for null, where the settings have apps run. Null or missing: there is no bound. */
  quota?(cluster: string | null): EnvironmentQuota | null;
  /** What a workload is on a cluster. Missing where it is no object of anything. */
  objectsOf?(workload: IdentifiedWorkload, scale: Scale): readonly NamedObject[];
  /** What was changed by hand in an environment and has been put back, newest last; as far back as it is remembered. Missing where nobody but the runtime reaches what it makes. */
  drift?(scope: Scope): readonly Drift[];
  /** Ends the loops and connections of this driver; the instances go on. */
  close(): Promise<void>;
  /** Stops every instance and whatever else the runtime keeps running on this machine. */
  shutdown(): Promise<void>;
}
