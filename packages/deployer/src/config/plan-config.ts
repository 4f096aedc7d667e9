import {
  type Environment,
  type HeldValues,
  makeSnapshot,
  type Release,
  releaseHeld,
  type ServiceOverrides,
  type Snapshot,
} from "@berth/core";
import type { DeployerDeps } from "../deps.ts";
import { findLive } from "../find.ts";
import { loadServices } from "../generation.ts";
import { chooseConfig } from "./choose-config.ts";

/** Variables that somebody has just decided on. */
export interface DecidedKeys {
  /** Null: of all services. */
  service: string | null;
  keys: ReadonlySet<string>;
}

export interface PlannedConfig {
  live: Release;
  snapshot: Snapshot;
  /** The services whose workloads are others with it. */
  restarts: readonly string[];
}

/** What is live in an environment, with the values that are stored now. What was held, or adopted, of the keys that were decided on is over. */
export async function planConfig(
  deps: DeployerDeps,
  environment: Environment,
  decided: DecidedKeys,
): Promise<PlannedConfig> {
  const live = await findLive(deps.store, environment, "What is stored comes with the next deploy.");
  const { snapshot: before } = live;
  const held: HeldValues = releaseHeld(before.held ?? {}, decided);
  const chosen = await chooseConfig(
    deps,
    environment,
    before.services.map(({ spec }) => spec),
    held,
  );
  const isNew = (service: string, key: string) =>
    decided.keys.has(key) && chosen.config[service]?.[key] !== before.config?.[service]?.[key];
  const adopted = forgetVariables(before.adopted ?? {}, isNew);
  const snapshot = makeSnapshot({ ...before, ...chosen }, { scales: before.scales, adopted });
  const [running, next] = await Promise.all([
    loadServices(deps, live, environment.cluster),
    loadServices(deps, { ...live, snapshot }, environment.cluster),
  ]);
  const ids = new Set(running.map(({ workload }) => workload.id));
  const restarts = next.filter(({ workload }) => !ids.has(workload.id)).map(({ workload }) => workload.service);
  return { live, snapshot, restarts };
}

function forgetVariables(
  adopted: ServiceOverrides,
  isForgotten: (service: string, key: string) => boolean,
): ServiceOverrides {
  const rest = Object.entries(adopted).map(([name, override]) => {
    if (override.env === undefined) return [name, override] as const;
    const { env, ...others } = override;
    const left = Object.fromEntries(Object.entries(env).filter(([key]) => !isForgotten(name, key)));
    return [name, Object.keys(left).length === 0 ? others : { ...others, env: left }] as const;
  });
  return Object.fromEntries(rest.filter(([, override]) => Object.keys(override).length > 0));
}
