import { BerthError, toBerthError } from "@berth/core";
import type { Clock, Log } from "@berth/core";
import { addressText, openEvents } from "@berth/docker";
import type { Engine, EngineEvent, EventStream } from "@berth/docker";
import { label } from "./names.ts";

export interface EngineLinkDeps {
  engine: Engine;
  installation: string;
  clock: Clock;
  log: Log;
  /** Looks at all that is there. Called with each new connection; events wait until it is done. */
  onConnect(): Promise<void>;
  onEvent(event: EngineEvent): void;
}

const firstRetryMs = 100;
const maxRetryMs = 5_000;
/** So long a call waits for an engine that is being started again. */
const patienceMs = 5_000;

/** The way to the engine for as long as the server runs: its events, and another look at everything after it was away. */
export class EngineLink {
  readonly #deps: EngineLinkDeps;
  readonly #stopped = new AbortController();
  #stream: EventStream | null = null;
  #isHere = false;
  #waiting = new Set<() => void>();
  #loop: Promise<void> = Promise.resolve();

  constructor(deps: EngineLinkDeps) {
    this.#deps = deps;
  }

  /** Connects for the first time; throws `engine.unreachable` where that is not possible. */
  async open(): Promise<void> {
    const stream = await this.#connect();
    this.#loop = this.#keep(stream);
  }

  get isHere(): boolean {
    return this.#isHere;
  }

  /** Resolves when the engine is there; throws `engine.unreachable` when it is not after a while. */
  async ready(): Promise<void> {
    if (this.#isHere) return;
    const waited = new AbortController();
    await Promise.race([
      new Promise<void>((resolve) => this.#waiting.add(resolve)),
      this.#deps.clock.sleep(patienceMs, waited.signal),
    ]);
    waited.abort();
    if (this.#isHere) return;
    throw new BerthError(
      "engine.unreachable",
      `The Docker engine at ${addressText(this.#deps.engine.address)} does not answer.`,
      { hint: "What runs goes on being served. Start the engine again: systemctl start docker." },
    );
  }

  async close(): Promise<void> {
    this.#stopped.abort();
    this.#stream?.close();
    await this.#loop;
  }

  async #keep(first: EventStream): Promise<void> {
    let stream: EventStream | null = first;
    let pauseMs = firstRetryMs;
    const { clock, log, engine } = this.#deps;
    while (!this.#stopped.signal.aborted) {
      if (stream !== null) {
        await stream.ended;
        this.#isHere = false;
        pauseMs = firstRetryMs;
        if (this.#stopped.signal.aborted) return;
        log.warn({ engine: addressText(engine.address) }, "The Docker engine has gone; what runs is served on");
        engine.abandon();
      }
      await clock.sleep(pauseMs, this.#stopped.signal);
      if (this.#stopped.signal.aborted) return;
      pauseMs = Math.min(maxRetryMs, pauseMs * 2);
      stream = await this.#connect().catch((error: unknown) => {
        log.debug({ error: toBerthError(error) }, "The Docker engine is still away");
        return null;
      });
      if (stream !== null) log.info({ engine: addressText(engine.address) }, "The Docker engine is back");
    }
  }

  async #connect(): Promise<EventStream> {
    const { engine, installation, onConnect, onEvent } = this.#deps;
    const filters = {
      type: ["container"],
      event: ["start", "die", "destroy"],
      label: [`${label.installation}=${installation}`],
    };
    let early: EngineEvent[] | null = [];
    const stream = await openEvents(engine, filters, (event) => (early ? void early.push(event) : onEvent(event)));
    this.#stream = stream;
    try {
      await onConnect();
    } catch (error) {
      stream.close();
      throw error;
    }
    const missed = early;
    early = null;
    missed.forEach(onEvent);
    this.#isHere = true;
    for (const tell of this.#waiting) tell();
    this.#waiting.clear();
    return stream;
  }
}
