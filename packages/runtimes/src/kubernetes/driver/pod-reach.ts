import { connect } from "node:net";
import type { Clock, Log } from "@berth/core";

export interface PodReachDeps {
  clock: Clock;
  log: Log;
  /** Whether a connection is made. */
  tryConnect?(host: string, port: number): Promise<boolean>;
  /** Something is known that was not before. */
  onChange(): void;
}

const patienceMs = 3_000;
const againMs = 5_000;

/**
 * Whether this server's router reaches pods at all. That a kubelet calls a pod ready says nothing of it: a server outside of the
 * cluster's network would make releases live that nobody can ask for. Asked of the first pod that is ready, and known from then on.
 */
export class PodReach {
  isProven = false;
  readonly #deps: PodReachDeps;
  readonly #closed = new AbortController();
  readonly #unreached = new Set<string>();
  #isAsking = false;

  constructor(deps: PodReachDeps) {
    this.#deps = deps;
  }

  /** Takes a pod that its kubelet calls ready. */
  async ask(host: string, port: number): Promise<void> {
    if (this.isProven || this.#isAsking || this.#closed.signal.aborted) return;
    this.#isAsking = true;
    const { clock, log, onChange, tryConnect = canConnect } = this.#deps;
    this.isProven = await tryConnect(host, port);
    if (!this.isProven && !this.#unreached.has(host)) {
      log.error({ host, port }, `The router of this server does not reach pods: ${reasonOf(host)}`);
      this.#unreached.add(host);
    }
    onChange();
    if (!this.isProven) await clock.sleep(againMs, this.#closed.signal);
    this.#isAsking = false;
    if (!this.isProven) onChange();
  }

  /** Why a pod is not ready though its kubelet says so; null where that is not known. */
  reason(host: string | null): string | null {
    return !this.isProven && host !== null && this.#unreached.has(host) ? reasonOf(host) : null;
  }

  close(): void {
    this.#closed.abort();
  }
}

function reasonOf(host: string): string {
  return `it is ready, and this server's router has no way to its address ${host}: Berth has to run where pods can be reached, such as on a node of the cluster`;
}

function canConnect(host: string, port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ host, port, timeout: patienceMs });
    const end = (isReached: boolean) => {
      socket.destroy();
      resolve(isReached);
    };
    socket.once("connect", () => end(true));
    socket.once("timeout", () => end(false));
    socket.once("error", () => end(false));
  });
}
