import { type Clock, type Random, systemRandom as random } from "@berth/core";
import type { Logger } from "pino";

/** What each part of a server gets, under a name of its own in the log. */
export type Common = (part: string) => { clock: Clock; random: Random; log: Logger };

export function makeCommon(clock: Clock, log: Logger): Common {
  return (part) => ({ clock, random, log: log.child({ part }) });
}
