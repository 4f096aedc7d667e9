import { allEnvironments, allPreviews, checkEnvironmentName, production, scopeNames } from "@berth/core/light";
import { usageError } from "../framework/usage-error.ts";

/** Options that say where a setting holds. */
export const placeOptions = {
  env: { about: "For this environment (default production)", short: "e", value: "name", completes: "environments" },
  scope: { about: "For all environments, or all previews: all, production or previews", value: "scope" },
  service: { about: "For this service alone", short: "s", value: "name", completes: "services" },
} as const;

export interface ConfigPlace {
  scope: string;
  service: string | null;
}

/** Where a setting holds, in the words of the command line. Throws `input.invalid`. */
export function readPlace(
  app: string,
  { env, scope, service }: { env: string | undefined; scope: string | undefined; service: string | undefined },
): ConfigPlace {
  if (env !== undefined && scope !== undefined)
    throw usageError(
      "--env and --scope both say where it holds.",
      "--env is one environment, --scope all or previews.",
    );
  const place = scope ?? env ?? production;
  if (scope !== undefined && ![...scopeNames, production].includes(scope))
    throw usageError(
      `There is no scope ${JSON.stringify(scope)}.`,
      `It is ${allEnvironments}, ${production} or ${allPreviews}; --env names one environment.`,
    );
  if (!scopeNames.includes(place)) checkEnvironmentName(app, place);
  return { scope: place, service: service ?? null };
}

/** What somebody may expect otherwise, who has not said where it holds. */
export function scopeNote({ scope }: ConfigPlace, wasSaid: boolean): string | null {
  return wasSaid || scope !== production
    ? null
    : "Previews do not see it: --scope previews sets it for them, --scope all for all.";
}
