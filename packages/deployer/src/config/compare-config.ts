import { type ConfigComparison, type ConfigDifference, type Release, type Scope, variablesOf } from "@berth/core";
import type { DeployerDeps } from "../deps.ts";
import { findEnvironment, findLive } from "../find.ts";
import { neighboursOf } from "../generation.ts";
import { chooseConfig } from "./choose-config.ts";
import { openConfig } from "./open-config.ts";

type Variables = ReadonlyMap<string, Readonly<Record<string, string>>>;

/** How variables differ, without their values: of what is stored for an environment from what is live there, or of two environments. */
export async function compareConfig(deps: DeployerDeps, scope: Scope, other: string | null): Promise<ConfigComparison> {
  const hint = "Deploy it first: then there is something to compare.";
  const environment = await findEnvironment(deps.store, scope);
  const live = await findLive(deps.store, environment, hint);
  const right = await readVariables(deps, live);
  if (other === null) {
    const { snapshot } = live;
    const specs = snapshot.services.map(({ spec }) => spec);
    const chosen = await chooseConfig(deps, environment, specs, snapshot.held);
    const left = await readVariables(deps, { ...live, snapshot: { ...snapshot, ...chosen } });
    return compare(left, right);
  }
  const second = await findEnvironment(deps.store, { app: scope.app, environment: other });
  return compare(right, await readVariables(deps, await findLive(deps.store, second, hint)));
}

/** What the services of a release find, but for what Berth sets itself. Neighbours are called alike everywhere. */
async function readVariables(deps: DeployerDeps, { app, environment, snapshot }: Release): Promise<Variables> {
  const { services, config } = snapshot;
  const neighbours = Object.fromEntries(
    neighboursOf(services.map(({ spec }) => spec)).map((name) => [name, `http://${name}`]),
  );
  const opened = config && (await openConfig(deps, app, config));
  const place = { app, environment, cluster: null, neighbours, config: opened };
  return new Map(
    services.map((service) => {
      const all = Object.entries(variablesOf(service, place)).filter(([key]) => !key.startsWith("BERTH_"));
      return [service.spec.name, Object.fromEntries(all)];
    }),
  );
}

function compare(left: Variables, right: Variables): ConfigComparison {
  const names = (a: Variables, b: Variables) => [...a.keys()].filter((name) => !b.has(name));
  const items = [...left].flatMap(([service, ours]) => {
    const theirs = right.get(service);
    if (theirs === undefined) return [];
    const keys = [...new Set([...Object.keys(ours), ...Object.keys(theirs)])].toSorted();
    return keys.map((key): ConfigDifference => ({ service, key, state: stateOf(ours, theirs, key) }));
  });
  return { items, onlyLeft: names(left, right), onlyRight: names(right, left) };
}

function stateOf(
  ours: Readonly<Record<string, string>>,
  theirs: Readonly<Record<string, string>>,
  key: string,
): ConfigDifference["state"] {
  if (!Object.hasOwn(ours, key)) return "right";
  if (!Object.hasOwn(theirs, key)) return "left";
  return ours[key] === theirs[key] ? "equal" : "different";
}
