import { type Chosen, urlOf } from "./choose.ts";
import type { Existing } from "./existing.ts";
import type { InstallPlan } from "./plan.ts";

/** Several, so that one can be replaced while another serves. */
const routersAtFirst = 2;

export interface Given {
  namespace: string;
  chosen: Chosen;
  /** Null: those that are there. */
  settings: Readonly<Record<string, string>> | null;
  registryConfig: string | null;
  /** Taken where there is none yet. */
  drawnToken: string;
}

/** The plan: what was chosen, with what an installation that is there keeps. */
export function makePlan(
  { namespace, chosen, settings, registryConfig, drawnToken }: Given,
  before: Existing,
): InstallPlan {
  return {
    ...chosen,
    namespace,
    url: urlOf(chosen),
    routers: before.routers ?? routersAtFirst,
    routerToken: before.routerToken ?? drawnToken,
    settings: settings ?? before.settings ?? {},
    registryConfig: registryConfig ?? before.registryConfig,
  };
}
