import type { Clock, Log, Random } from "@berth/core";
import type { Session } from "./http/session.ts";
import type { RemoteLimits } from "./limits.ts";
import type { PlaceAsker } from "./places/places.ts";

/** What it takes to ask registries for something. */
export interface Reach {
  session: Session;
  places: PlaceAsker;
  clock: Clock;
  random: Random;
  log: Log;
  limits: RemoteLimits;
}
