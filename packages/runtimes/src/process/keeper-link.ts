import { BerthError, toBerthError } from "@berth/core";
import { findKeeper } from "./find-keeper.ts";
import type { FindKeeperDeps } from "./find-keeper.ts";
import type { KeeperConnection } from "./keeper-connection.ts";
import type { Hello, KeeperCommand, KeeperEvent } from "./keeper/protocol.ts";

export interface KeeperLinkDeps {
  find: FindKeeperDeps;
  /** Called with each new connection, before anything else is asked of it. */
  onConnect(hello: Hello): void;
  onEvent(event: KeeperEvent): void;
}

const retryMs = 1_000;

/** The way to the keeper for as long as the server runs: when the keeper is lost, the next one is found or started. */
export class KeeperLink {
  readonly #deps: KeeperLinkDeps;
  readonly #stopped = new AbortController();
  #connection: Promise<KeeperConnection>;

  constructor(deps: KeeperLinkDeps) {
    this.#deps = deps;
    this.#connection = Promise.reject(unopened());
    this.#connection.catch(() => {});
  }

  /** Connects for the first time; throws `keeper.unreachable` where that is not possible. */
  async open(): Promise<void> {
    this.#connect(this.#find());
    await this.#connection;
  }

  /** Resolves when there is a connection. */
  async ready(): Promise<void> {
    await this.#connection;
  }

  async request(request: KeeperCommand): Promise<void> {
    const connection = await this.#connection;
    await connection.request(request);
  }

  /** Leaves the keeper and its instances running. */
  async close(): Promise<void> {
    this.#stopped.abort();
    const connection = await this.#connection.catch(() => null);
    connection?.close();
    await connection?.closed;
  }

  /** Ends all instances and the keeper. */
  async end(): Promise<void> {
    this.#stopped.abort();
    const connection = await this.#connection.catch(() => null);
    await connection?.request({ type: "end" }).catch(() => {});
    await connection?.closed;
  }

  #connect(connection: Promise<KeeperConnection>): void {
    this.#connection = connection;
    void this.#reconnectAfter(connection);
  }

  async #reconnectAfter(connection: Promise<KeeperConnection>): Promise<void> {
    const opened = await connection.catch(() => null);
    await opened?.closed;
    if (opened === null || this.#stopped.signal.aborted) return;
    this.#deps.find.log.warn({}, "The keeper of the instances has ended; finding or starting another");
    this.#connect(this.#findUntilFound());
  }

  async #find(): Promise<KeeperConnection> {
    const connection = await findKeeper(this.#deps.find, this.#stopped.signal);
    this.#deps.onConnect(connection.hello);
    connection.listen(this.#deps.onEvent);
    return connection;
  }

  async #findUntilFound(): Promise<KeeperConnection> {
    for (;;) {
      try {
        return await this.#find();
      } catch (error) {
        if (this.#stopped.signal.aborted) throw error;
        this.#deps.find.log.error(
          { error: toBerthError(error) },
          "The keeper of the instances cannot be started; trying again",
        );
        await this.#deps.find.clock.sleep(retryMs, this.#stopped.signal);
      }
    }
  }
}

function unopened(): BerthError {
  return new BerthError("keeper.unreachable", "The process runtime is not connected to its keeper yet.");
}
