import { BerthError } from "@berth/core";
import type { Endpoint, HealthCheck } from "@berth/core";
import { isRefusal, openEvents, refusalOf } from "@berth/docker";
import type { Engine } from "@berth/docker";
import { isFaultOfImage, startFailure } from "../../instances/container-exit.ts";
import { onlyServerKnows, untilReadyInTime } from "../../instances/lone-start.ts";
import type { LoneStart, LoneWaker, LoneWakerDeps } from "../../lone-waker.ts";
import { readLabels } from "../instance-labels.ts";
import { networkName } from "../names.ts";
import type { Asleep } from "./asleep-file.ts";

type Deps = Pick<LoneWakerDeps, "connectEngine" | "clock" | "onChange">;

/** What is asked of a container that was started. */
interface Woken {
  instance: string;
  service: string;
  health: HealthCheck | null;
  endpoint: Endpoint;
  /** What PORT says inside. */
  ownPort: number;
}

/** One that is under way, and who follows it. */
interface Wake {
  done: Promise<void>;
  followers: Set<(start: LoneStart) => void>;
}

/** Starts the containers that the server has made for what sleeps. */
export function openContainerWaker(deps: Deps, asleep: Asleep): LoneWaker {
  return new ContainerWaker(deps, asleep);
}

/**
 * Several may wake the same: they start one container, and an engine starts it once. Of the engine's they ask for nothing but these containers, by their
 * ids, and not for what is in their environment.
 */
class ContainerWaker implements LoneWaker {
  readonly #deps: Deps;
  readonly #asleep: Asleep;
  readonly #wakes = new Map<string, Wake>();
  /** By container. */
  readonly #serving = new Map<string, { workload: string; id: string; endpoint: Endpoint }>();
  readonly #closing = new AbortController();
  #engine: Promise<Engine> | null = null;

  constructor(deps: Deps, asleep: Asleep) {
    this.#deps = deps;
    this.#asleep = asleep;
  }

  wake(workload: string, follow: (start: LoneStart) => void = () => undefined): Promise<void> {
    const container = this.#asleep.containers[workload];
    if (container === undefined) return Promise.reject(onlyServerKnows(workload));
    if (this.#serving.has(container)) return Promise.resolve();
    const known = this.#wakes.get(workload);
    known?.followers.add(follow);
    if (known !== undefined) return known.done;
    const followers = new Set([follow]);
    const tell = (start: LoneStart) => followers.forEach((follower) => follower(start));
    const done = this.#wake(workload, container, tell).finally(() => this.#wakes.delete(workload));
    this.#wakes.set(workload, { done, followers });
    return done;
  }

  endpoints(): ReturnType<LoneWaker["endpoints"]> {
    return Map.groupBy(this.#serving.values(), ({ workload }) => workload);
  }

  close(): void {
    this.#closing.abort();
  }

  async #wake(workload: string, container: string, tell: (start: LoneStart) => void): Promise<void> {
    const { clock } = this.#deps;
    const marks: LoneStart["marks"] = { askedAt: clock.now(), startedAt: null, listeningAt: null };
    const engine = await this.#connect();
    let isFirst = true;
    const tellOf = (readyAt: number | null) => {
      if (isFirst) tell({ instance: container.slice(0, 12), marks, readyAt });
    };
    try {
      await engine.ask((docker) => docker.getContainer(container).start());
      marks.startedAt = clock.now();
    } catch (error) {
      if (isRefusal(error, 404)) throw onlyServerKnows(workload);
      // Another router was first, and tells of it.
      isFirst = !isRefusal(error, 304);
      tellOf(null);
      if (isFirst) throw notStarted(error);
    }
    tellOf(null);
    const woken = await this.#find(engine, container);
    if (woken === null) throw onlyServerKnows(workload);
    await this.#untilReady(woken, () => {
      marks.listeningAt = clock.now();
      tellOf(null);
    });
    if (this.#closing.signal.aborted) return;
    tellOf(clock.now());
    this.#serving.set(container, { workload, id: woken.instance, endpoint: woken.endpoint });
    this.#deps.onChange();
  }

  /** Asks it until it answers, as the server does. Throws `runtime.failed` where it does not in time. */
  async #untilReady({ service, health, endpoint, ownPort }: Woken, onListens: () => void): Promise<void> {
    const { clock } = this.#deps;
    const { signal } = this.#closing;
    const place = { hosts: [endpoint.host], port: endpoint.port, ownPort, isOnLoopback: false };
    const target = { ...place, startedAt: clock.now(), listening: async () => [] };
    const { host, why } = await untilReadyInTime(target, health, clock, onListens, signal);
    if (host === undefined && !signal.aborted)
      throw new BerthError("runtime.failed", `It did not come up: ${why}.`, { path: service });
  }

  /** Where it is reached, and how it is asked; null where it has ended already. By the list of containers, which does not tell of their environment. */
  async #find(engine: Engine, container: string): Promise<Woken | null> {
    const filters = { id: [container] };
    const [found] = await engine.ask((docker) => docker.listContainers({ all: true, filters }));
    const labelled = found && readLabels(found.Labels, []);
    if (!labelled) return null;
    const { workload, history, id } = labelled;
    const what = { instance: id, service: workload.service, health: workload.health, ownPort: history.port };
    const published = found.Ports.find(({ PrivatePort, PublicPort }) => PrivatePort === history.port && PublicPort);
    if (published) return { ...what, endpoint: { host: published.IP, port: published.PublicPort } };
    const network = networkName(this.#asleep.installation, workload);
    const host = found.NetworkSettings.Networks[network]?.IPAddress;
    if (!host) throw new BerthError("runtime.failed", "It ended right after its start.", { path: workload.service });
    return { ...what, endpoint: { host, port: history.port } };
  }

  #connect(): Promise<Engine> {
    this.#engine ??= this.#open();
    this.#engine.catch(() => (this.#engine = null));
    return this.#engine;
  }

  /** What ends is not routed to any more. */
  async #open(): Promise<Engine> {
    const engine = await this.#deps.connectEngine();
    const filters = { type: ["container"], event: ["die"], container: Object.values(this.#asleep.containers) };
    const events = await openEvents(engine, filters, ({ id }) => {
      if (this.#serving.delete(id)) this.#deps.onChange();
    });
    const close = () => events.close();
    if (this.#closing.signal.aborted) close();
    else this.#closing.signal.addEventListener("abort", close, { once: true });
    // The engine has gone: what runs may be served on, and it is asked anew.
    void events.ended.then(() => (this.#engine = null));
    return engine;
  }
}

function notStarted(error: unknown): unknown {
  const message = refusalOf(error)?.message;
  if (message === undefined) return error;
  const why = isFaultOfImage(message) ? startFailure(message) : message;
  return new BerthError("runtime.failed", `It did not come up: it ${why}.`);
}
