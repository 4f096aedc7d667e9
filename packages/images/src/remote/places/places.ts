import type { Clock, Log } from "@berth/core";
import { isPassing, RemoteProblem } from "../http/problem.ts";
import { placeText } from "./place.ts";
import type { Place } from "./place.ts";

/** No place did what was asked: what each of them said, in the order they were asked in. */
export class PlacesFailed extends Error {
  readonly problems: readonly { place: Place; problem: RemoteProblem }[];

  constructor(problems: PlacesFailed["problems"]) {
    super(problems.map(({ problem }) => problem.message).join("; "));
    this.name = "PlacesFailed";
    this.problems = problems;
  }
}

/** Asks one place after the other, until one answers. */
export interface PlaceAsker {
  /** `isLast` says that nobody else is left to ask. Throws `PlacesFailed`. */
  ask<T>(
    places: readonly Place[],
    signal: AbortSignal,
    work: (place: Place, isLast: boolean) => Promise<T>,
  ): Promise<T>;
}

/** A place that has failed is asked after the others for so long, in ms. */
const avoidMs = 30_000;

export function makePlaceAsker({ clock, log }: { clock: Pick<Clock, "now">; log: Log }): PlaceAsker {
  /** When each origin failed last. */
  const failed = new Map<string, number>();
  const isAvoided = ({ origin }: Place) => clock.now() - (failed.get(origin) ?? -Infinity) < avoidMs;

  return {
    async ask(places, signal, work) {
      const order = [...places].sort((a, b) => Number(isAvoided(a)) - Number(isAvoided(b)));
      const problems: { place: Place; problem: RemoteProblem }[] = [];
      for (const [index, place] of order.entries()) {
        try {
          return await work(place, index === order.length - 1);
        } catch (error) {
          signal.throwIfAborted();
          if (!(error instanceof RemoteProblem)) throw error;
          if (isPassing(error) || error.kind === "unknown") failed.set(place.origin, clock.now());
          problems.push({ place, problem: error });
          if (index < order.length - 1)
            log.warn(
              { place: placeText(place), problem: error.message },
              "A mirror did not help, the next place is asked",
            );
        }
      }
      // In their own order, in which the registry itself comes last: it has the last word.
      throw new PlacesFailed(problems.sort((a, b) => places.indexOf(a.place) - places.indexOf(b.place)));
    },
  };
}
