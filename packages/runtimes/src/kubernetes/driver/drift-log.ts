import { refOf, refText } from "@berth/cluster";
import type { KubeObject } from "@berth/cluster";
import type { Clock, Drift, DriftField, Log, Scope } from "@berth/core";
import { nameOf } from "./view.ts";

const keptEntries = 500;

/** What was changed by hand and put back, as far back as memory is spent on it. */
export class DriftLog {
  readonly #deps: { clock: Clock; log: Log };
  #entries: { scope: Scope; drift: Drift }[] = [];

  constructor(deps: { clock: Clock; log: Log }) {
    this.#deps = deps;
  }

  add({ app, environment }: Scope, object: KubeObject, fields: readonly DriftField[]): void {
    const { clock, log } = this.#deps;
    const at = clock.now();
    const workload = nameOf(object)?.id ?? null;
    const drift = { at, object: `${object.kind} ${object.metadata.name}`, workload, fields };
    this.#entries = [...this.#entries, { scope: { app, environment }, drift }].slice(-keptEntries);
    const told = fields.map(({ path, manager, setAt }) => ({
      path,
      manager,
      setAt: setAt === null ? null : new Date(setAt).toISOString(),
    }));
    log.warn({ app, environment, object: refText(refOf(object)), fields: told }, "Changed by hand, and put back");
  }

  of({ app, environment }: Scope): Drift[] {
    return this.#entries
      .filter(({ scope }) => scope.app === app && scope.environment === environment)
      .map(({ drift }) => drift);
  }
}
