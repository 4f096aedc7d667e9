import type { Fault, MetricState, Scope, Wake } from "@berth/core";
import { type DeployerDeps, scopeKey } from "./deps.ts";
import { type EnvironmentKeeper, startEnvironment } from "./environment.ts";
import type { Table } from "./table.ts";
import type { UsageCollector } from "./usage.ts";

/** The loops of all environments, one each, started when first needed. */
export interface Environments {
  keeper(scope: Scope): EnvironmentKeeper;
  /** What the runtime cannot do of what an environment wants, by workload. */
  faults(scope: Scope): ReadonlyMap<string, Fault>;
  /** Workloads of an environment that the store knows nothing of. */
  unknown(scope: Scope): ReadonlySet<string>;
  /** The starts of workloads that slept: those under way, and of what is up since the last one. */
  wakes(scope: Scope): readonly Wake[];
  /** What the metric commands of an environment tell, by workload. */
  metrics(scope: Scope): ReadonlyMap<string, MetricState>;
  /** Ends the loop of an environment that is being removed and takes it out of the routes: nothing that happens there starts it again. */
  end(scope: Scope): Promise<void>;
  /** The environment is gone, or is to be driven again. */
  forget(scope: Scope): void;
  stop(): Promise<void>;
}

export function makeEnvironments(deps: DeployerDeps, table: Table, usage: UsageCollector): Environments {
  const keepers = new Map<string, EnvironmentKeeper>();
  let isStopped = false;
  return {
    keeper(scope) {
      const key = scopeKey(scope);
      let keeper = keepers.get(key);
      if (keeper === undefined) {
        keeper = startEnvironment(deps, table, usage.meter(scope), {
          app: scope.app,
          environment: scope.environment,
        });
        keepers.set(key, keeper);
        if (isStopped) void keeper.stop();
      }
      return keeper;
    },
    faults: (scope) => keepers.get(scopeKey(scope))?.faults() ?? new Map(),
    unknown: (scope) => keepers.get(scopeKey(scope))?.unknown() ?? new Set(),
    wakes: (scope) => keepers.get(scopeKey(scope))?.wakes() ?? [],
    metrics: (scope) => keepers.get(scopeKey(scope))?.metrics() ?? new Map(),
    async end(scope) {
      await this.keeper(scope).stop();
      table.set(scope, null);
    },
    forget(scope) {
      keepers.delete(scopeKey(scope));
      usage.forget(scope);
    },
    async stop() {
      isStopped = true;
      await Promise.all([...keepers.values()].map((keeper) => keeper.stop()));
    },
  };
}
