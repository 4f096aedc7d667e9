import { mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import type { Log } from "@berth/core";
import type { KnownExit } from "../instances/known-instance.ts";

/** What the engine cannot say: how many instances were asked for, which containers were ready or asked to stop, whose end was told. Nothing secret. */
export interface DriverState {
  /** By workload. */
  replicas: Record<string, number>;
  /** By container. */
  ready: Record<string, { at: number; host: string | null }>;
  /** By container: when its grace ends. */
  stopping: Record<string, number>;
  /** By container: how it ended, where that is in its log. */
  ended: Record<string, KnownExit>;
}

/** The state of the driver, kept for the next server. A file that is lost costs a look at the instances, nothing else. */
export class StateFile {
  readonly #path: string;
  readonly #log: Log;
  #state: DriverState;

  constructor(path: string, log: Log) {
    this.#path = path;
    this.#log = log;
    mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
    this.#state = read(path);
  }

  get(): Readonly<DriverState> {
    return this.#state;
  }

  setReplicas(workload: string, replicas: number | null): void {
    this.#change({ replicas: withEntry(this.#state.replicas, workload, replicas) });
  }

  setReady(container: string, ready: { at: number; host: string | null }): void {
    this.#change({ ready: withEntry(this.#state.ready, container, ready) });
  }

  setStopping(container: string, deadline: number | null): void {
    this.#change({ stopping: withEntry(this.#state.stopping, container, deadline) });
  }

  setEnded(container: string, exit: KnownExit): void {
    this.#change({ ended: withEntry(this.#state.ended, container, exit) });
  }

  /** All of which something is kept. */
  containers(): Set<string> {
    return new Set([this.#state.ready, this.#state.stopping, this.#state.ended].flatMap((kept) => Object.keys(kept)));
  }

  forgetContainer(container: string): void {
    const { ready, stopping, ended } = this.#state;
    if (!this.containers().has(container)) return;
    this.#change({
      ready: withEntry(ready, container, null),
      stopping: withEntry(stopping, container, null),
      ended: withEntry(ended, container, null),
    });
  }

  remove(): void {
    this.#state = empty();
    rmSync(this.#path, { force: true });
  }

  #change(changes: Partial<DriverState>): void {
    this.#state = { ...this.#state, ...changes };
    try {
      writeFileSync(`${this.#path}.new`, JSON.stringify(this.#state), { mode: 0o600 });
      renameSync(`${this.#path}.new`, this.#path);
    } catch (error) {
      // A full disk: the instances run on, and a next server looks at them again.
      this.#log.warn({ err: error, path: this.#path }, "The state of the docker runtime cannot be written");
    }
  }
}

function withEntry<T>(entries: Record<string, T>, key: string, value: T | null): Record<string, T> {
  const others = Object.entries(entries).filter(([other]) => other !== key);
  return Object.fromEntries(value === null ? others : [...others, [key, value]]);
}

function read(path: string): DriverState {
  try {
    return { ...empty(), ...(JSON.parse(readFileSync(path, "utf8")) as DriverState) };
  } catch {
    return empty();
  }
}

function empty(): DriverState {
  return { replicas: {}, ready: {}, stopping: {}, ended: {} };
}
