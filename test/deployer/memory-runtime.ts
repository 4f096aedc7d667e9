import {
  commandText,
  type Autoscale,
  type Clock,
  type Drift,
  type ExecExit,
  type ExecSession,
  type IdentifiedWorkload,
  type ObservedInstance,
  type ObservedTask,
  type ObservedWorkload,
  type Runtime,
  type Scope,
  surplusInstances,
} from "../../packages/core/src/index.ts";

/** What becomes of an instance as soon as it is started. */
export type Fate = "ready" | "starting" | "exited";

/** What becomes of a task as soon as it is run: it goes on, or ends with this code. */
export type TaskFate = "running" | number;

/** Workloads that run nowhere, in states that real processes come to only by chance. It outlives the deployers that use it. */
export interface MemoryRuntime extends Runtime {
  /** What instances of a service come to; `ready` unless told. */
  fates: Map<string, Fate>;
  /** What each instance of a service uses of processors; nobody measures it unless told. */
  cpuMillis: Map<string, number>;
  /** What it tells of as changed by hand. */
  drifts: Drift[];
  /** What tasks come to. */
  taskFate: TaskFate;
  /** What has been started as tasks, in order: the operations that they ran for. */
  ran: string[];
  /** Their commands and images, in the same order. */
  ranCommands: { text: string; image: string }[];
  /** What tasks with this command come to, instead of `taskFate`. */
  commandFates: Map<string, TaskFate>;
  /** What commands print, tasks and programs beside instances alike; `the last line` unless told. */
  prints: Map<string, string>;
  /** Programs that were run beside instances, in order, as `instance: program`. */
  besides: string[];
  /** Tasks that are known, as `service: state`. */
  tasks(): string[];
  /** Ends the tasks that run. */
  endTasks(code: number): void;
  /** Forgets all tasks, as if somebody had removed them. */
  loseTasks(): void;
  /** Ids of the workloads that it knows. */
  known(): string[];
  /** Of what the instance that listens at this port is made. */
  imageAt(port: number): string | null;
  /** What instances of such a workload find in their environment. */
  variables(id: string): Readonly<Record<string, string>>;
  /** Those of which instances run, as `service: replicas`. */
  running(): string[];
  /** Those whose number it sets by load, as `service: min to max`. */
  autoscaled(): string[];
  /** Sets the state of all instances of a service and says that something changed. */
  turn(service: string, state: Fate): void;
}

interface Kept {
  workload: IdentifiedWorkload;
  replicas: number;
  autoscale: Autoscale | null;
  instances: ObservedInstance[];
}

export function makeMemoryRuntime(clock: Clock, scalesByLoad = false, cluster = ""): MemoryRuntime {
  const kept = new Map<string, Kept>();
  const watchers = new Set<(scope: Scope) => void>();
  const fates = new Map<string, Fate>();
  const cpuMillis = new Map<string, number>();
  const drifts: Drift[] = [];
  const tasks = new Map<string, ObservedTask>();
  const texts = new Map<string, string>();
  let count = 0;

  function start({ workload }: Kept): ObservedInstance {
    count += 1;
    const state = fates.get(workload.service) ?? "ready";
    return {
      id: `${cluster}${workload.service}-${count}`,
      workload: workload.id,
      state,
      startedAt: clock.now(),
      readyAt: state === "ready" ? clock.now() : null,
      restarts: 0,
      lastExit: null,
      elsewhereSince: null,
      endpoint: workload.health === null ? null : { host: "127.0.0.1", port: 20_000 + count },
      memoryBytes: null,
      reason: state === "ready" ? null : "it is told to be so",
      givenUpAt: null,
    };
  }

  function notify({ app, environment }: Scope) {
    for (const watch of watchers) watch({ app, environment });
  }

  function observed({ workload, replicas, autoscale, instances }: Kept): ObservedWorkload {
    const { id, app, environment, service } = workload;
    return {
      id,
      app,
      environment,
      service,
      replicas,
      instances: instances.map((instance) => ({ ...instance, cpuMillis: cpuMillis.get(service) ?? null })),
      refusal: null,
      isWhole: true,
      autoscale,
    };
  }

  function end(task: ObservedTask, code: number) {
    const exit = { at: clock.now(), code, signal: null, outOfMemory: false };
    tasks.set(task.id, { ...task, state: "ended", exit, reason: `it exited with code ${code}` });
    notify(task);
  }

  const runtime: MemoryRuntime = {
    taskFate: 0,
    ran: [],
    ranCommands: [],
    commandFates: new Map(),
    prints: new Map(),
    besides: [],
    tasks: () => [...tasks.values()].map(({ service, state }) => `${service}: ${state}`),
    endTasks(code) {
      for (const task of tasks.values()) if (task.state === "running") end(task, code);
    },
    loseTasks() {
      const lost = [...tasks.values()];
      tasks.clear();
      for (const task of lost) notify(task);
    },
    async run({ id, app, environment, service, run, command, image }) {
      if (tasks.has(id)) return;
      const text = commandText(command);
      const fate = runtime.commandFates.get(text) ?? runtime.taskFate;
      runtime.ran.push(run);
      runtime.ranCommands.push({ text, image });
      texts.set(id, text);
      const place = { id, app, environment, service, run, instance: `${service}-${runtime.ran.length}` };
      tasks.set(id, { ...place, state: "running", startedAt: clock.now(), exit: null, reason: null, givenUpAt: null });
      if (fate !== "running") end(tasks.get(id)!, fate);
      notify(place);
    },
    descriptor: {
      name: "memory",
      sharesNetwork: true,
      platform: { os: "linux", architecture: "amd64", libc: "glibc" },
      needsBase: false,
      neighbours: "loopback",
      scalesByLoad,
      endsWithServer: true,
      separatesStreams: true,
      exec: { lacksTerminal: null, endsWithServer: true },
    },
    fates,
    cpuMillis,
    drifts,
    drift: () => drifts,
    variables: (id) => kept.get(id)?.workload.env ?? {},
    imageAt: (port) =>
      [...kept.values()].find(({ instances }) => instances.some(({ endpoint }) => endpoint?.port === port))?.workload
        .image ?? null,
    known: () => [...kept.keys()],
    running: () =>
      [...kept.values()]
        .filter(({ replicas }) => replicas > 0)
        .map(({ workload, replicas }) => `${workload.service}: ${replicas}`)
        .toSorted(),
    turn(service, state) {
      for (const entry of kept.values()) {
        if (entry.workload.service !== service) continue;
        entry.instances = entry.instances.map((instance) => ({ ...instance, state, readyAt: clock.now() }));
        notify(entry.workload);
      }
    },
    async observe(scope) {
      const inScope = [...kept.values()].filter(
        ({ workload }) => !scope || (workload.app === scope.app && workload.environment === scope.environment),
      );
      const tasksInScope = [...tasks].filter(
        ([, task]) => !scope || (task.app === scope.app && task.environment === scope.environment),
      );
      return {
        at: clock.now(),
        workloads: new Map(inScope.map((entry) => [entry.workload.id, observed(entry)])),
        tasks: new Map(tasksInScope),
      };
    },
    watch(dirty) {
      watchers.add(dirty);
      return () => void watchers.delete(dirty);
    },
    async ensure(workload) {
      if (!kept.has(workload.id)) kept.set(workload.id, { workload, replicas: 0, autoscale: null, instances: [] });
    },
    async scale(id, replicas) {
      const entry = kept.get(id)!;
      entry.replicas = replicas;
      const leaving = new Set(surplusInstances(entry.instances, replicas).map((instance) => instance.id));
      entry.instances = entry.instances.filter((instance) => !leaving.has(instance.id));
      while (entry.instances.length < replicas) entry.instances.push(start(entry));
      notify(entry.workload);
    },
    async autoscale(id, to) {
      kept.get(id)!.autoscale = to;
    },
    autoscaled: () =>
      [...kept.values()].flatMap(({ workload, autoscale }) =>
        autoscale === null ? [] : [`${workload.service}: ${autoscale.min} to ${autoscale.max}`],
      ),
    async remove(id) {
      const entry = kept.get(id);
      kept.delete(id);
      tasks.delete(id);
      if (entry !== undefined) notify(entry.workload);
    },
    endpoints: (id) =>
      (kept.get(id)?.instances ?? []).flatMap(({ id: instance, endpoint, state }) =>
        endpoint === null || state !== "ready" ? [] : [{ instance, endpoint }],
      ),
    async exec(_, instance, { argv }) {
      const text = commandText({ argv: [...argv] });
      runtime.besides.push(`${instance}: ${text}`);
      return makeProgram(printedBy(text), runtime.commandFates.get(text) ?? runtime.taskFate);
    },
    async *logs(id, options) {
      for (const text of printedBy(texts.get(id) ?? "").split("\n"))
        yield { at: clock.now(), instance: id, stream: "stdout", text };
      if (options.follow) await ended(id, options.signal);
    },
    async close() {},
    async shutdown() {},
  };
  return runtime;

  function printedBy(text: string): string {
    return runtime.prints.get(text) ?? "the last line";
  }

  /** What is followed ends with its task. */
  async function ended(id: string, signal: AbortSignal) {
    while (tasks.get(id)?.state === "running" && !signal.aborted) await new Promise(setImmediate);
  }
}

/** A program that prints a text, and ends with a code, or when it is closed. */
function makeProgram(text: string, fate: TaskFate): ExecSession {
  const { promise, resolve } = Promise.withResolvers<ExecExit>();
  const output = (async function* (): ExecSession["output"] {
    yield { stream: "stdout", data: Buffer.from(text) };
    if (fate !== "running") resolve({ code: fate, message: null });
    await promise;
  })();
  return {
    output,
    exit: promise,
    write: async () => undefined,
    endInput() {},
    resize() {},
    close: async () => resolve({ code: 129, message: null }),
  };
}
