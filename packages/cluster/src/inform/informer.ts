import { toBerthError } from "@berth/core";
import type { BerthError, Clock, Log, Random } from "@berth/core";
import { fraction, pauseMs } from "../calls/backoff.ts";
import { refusalOf } from "../calls/refusal.ts";
import type { Change, Informer } from "../cluster.ts";
import type { KubeObject } from "../object.ts";
import { drop, keyOf, put, replaceAll } from "./copy.ts";
import type { Copy } from "./copy.ts";
import { readLines } from "./lines.ts";
import { readWatchEvent } from "./watch-event.ts";

/** Where an informer gets its objects from. */
export interface Source<T extends KubeObject> {
  /** For people: `pods in namespace shop`. */
  name: string;
  list(signal: AbortSignal): Promise<{ items: readonly T[]; resourceVersion: string }>;
  watch(options: {
    resourceVersion: string;
    timeoutSeconds: number;
    signal: AbortSignal;
  }): Promise<AsyncIterable<Uint8Array>>;
  /** Makes an object of a watch what is kept; null where it is none of the copy. */
  keep(object: KubeObject): T | null;
}

export interface InformerDeps {
  clock: Clock;
  random: Random;
  log: Log;
}

/** A cluster that is back is heard soon: who waits for it may be a person. */
const backoff = { firstMs: 200, mostMs: 10_000 };
/** Bookmarks come each minute: a watch that says nothing for so long is dead, though nobody has said so. */
const silenceMs = 150_000;
/** A watch that ends sooner than this counts as a failure, so that a server that ends each at once is not hammered. */
const shortMs = 1_000;

/** Why a watch ended: all was told up to `resourceVersion`, or the place in it is lost. */
type End = "ended" | "gone" | "silent";

/** The way of client-go's reflector: one list, then watches from where it was, and a list again where that place is lost. */
export function startInformer<T extends KubeObject>(source: Source<T>, deps: InformerDeps): Informer<T> {
  const { clock, random, log } = deps;
  const copy: Copy<T> = new Map();
  const followers = new Set<(change: Change<T>) => void>();
  const closing = new AbortController();
  const ready = Promise.withResolvers<void>();
  // Nobody may be waiting.
  ready.promise.catch(() => {});
  let resourceVersion: string | null = null;
  let lost: { since: number; why: BerthError } | null = null;
  let heardAt = clock.now();
  let freshSince = 0;

  function tell(change: Change<T> | null): void {
    if (change === null) return;
    for (const follower of followers) {
      try {
        follower(change);
      } catch (error) {
        log.error({ err: error, of: source.name }, "a follower of the cluster's changes failed");
      }
    }
  }

  function lose(thrown: unknown): void {
    const why = toBerthError(thrown);
    if (lost === null) log.warn({ of: source.name, reason: why.message }, "the cluster's changes are not heard");
    lost = { since: lost?.since ?? heardAt, why };
  }

  function regain(): void {
    heardAt = clock.now();
    if (lost === null) return;
    log.info({ of: source.name, forMs: heardAt - lost.since }, "the cluster's changes are heard again");
    lost = null;
    freshSince = heardAt;
  }

  async function listAll(): Promise<string> {
    const listed = await source.list(closing.signal);
    closing.signal.throwIfAborted();
    const changes = replaceAll(copy, listed.items);
    regain();
    for (const change of changes) tell(change);
    ready.resolve();
    return listed.resourceVersion;
  }

  async function watchFrom(version: string): Promise<End> {
    const ending = new AbortController();
    const signal = AbortSignal.any([closing.signal, ending.signal]);
    const timeoutSeconds = 300 + Math.floor(fraction(random) * 300);
    const chunks = await source.watch({ resourceVersion: version, timeoutSeconds, signal });
    regain();
    const silence = watchSilence(ending);
    try {
      for await (const line of readLines(chunks)) {
        heardAt = clock.now();
        const event = readWatchEvent(line);
        if (event.type === "gone") return "gone";
        if (event.type === "error") throw new Error(event.message);
        if (event.type === "bookmark") {
          resourceVersion = event.resourceVersion || resourceVersion;
          continue;
        }
        resourceVersion = event.object.metadata.resourceVersion ?? resourceVersion;
        const object = source.keep(event.object);
        // One that is not kept any more is gone from here.
        if (event.type === "put" && object !== null) tell(put(copy, object));
        else tell(drop(copy, object ?? (event.object as T)));
      }
      return silence.broken ? "silent" : "ended";
    } catch (error) {
      if (silence.broken) return "silent";
      // Until it was cut it was good.
      heardAt = clock.now();
      throw error;
    } finally {
      ending.abort();
    }
  }

  /** Ends a watch that has been silent for too long. */
  function watchSilence(ending: AbortController): { broken: boolean } {
    const state = { broken: false };
    const look = async () => {
      while (!ending.signal.aborted && !closing.signal.aborted) {
        const left = heardAt + silenceMs - clock.now();
        if (left <= 0) {
          state.broken = true;
          return ending.abort();
        }
        await clock.sleep(left, AbortSignal.any([ending.signal, closing.signal]));
      }
    };
    void look();
    return state;
  }

  async function run(): Promise<void> {
    let failures = 0;
    while (!closing.signal.aborted) {
      const begin = clock.now();
      try {
        resourceVersion ??= await listAll();
        const end = await watchFrom(resourceVersion);
        if (end === "gone") resourceVersion = null;
        if (end === "silent") log.info({ of: source.name }, "a watch was silent for too long and is made anew");
        failures = clock.now() - begin < shortMs ? failures + 1 : 0;
      } catch (error) {
        if (closing.signal.aborted) return;
        if (refusalOf(error)?.status === 410) resourceVersion = null;
        if (clock.now() - begin >= shortMs && lost === null) failures = 0;
        failures++;
        lose(error);
      }
      if (failures > 0) await clock.sleep(pauseMs(failures, backoff, random), closing.signal);
    }
  }

  void run();

  return {
    ready: () => ready.promise,
    get: (namespace, name) => copy.get(keyOf(namespace, name)),
    list(namespace) {
      const all = [...copy.values()];
      return namespace === undefined ? all : all.filter(({ metadata }) => metadata.namespace === namespace);
    },
    follow(changed) {
      followers.add(changed);
      return () => void followers.delete(changed);
    },
    staleSince: () => lost?.since ?? null,
    freshSince: () => (lost === null ? freshSince : null),
    trouble: () => lost?.why ?? null,
    close() {
      closing.abort();
      ready.reject(closing.signal.reason);
      followers.clear();
    },
  };
}
