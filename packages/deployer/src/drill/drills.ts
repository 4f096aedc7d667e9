import {
  BerthError,
  type Generation,
  type GenerationService,
  judgeStarts,
  type Observed,
  type Scope,
  type ServiceStart,
} from "@berth/core";
import type { WorkloadFault } from "../routes.ts";

/** Hears of the services of a drilled release as they are now; an error where they are not looked at any more. */
export type DrillListener = (starts: readonly ServiceStart[] | BerthError) => void;

/** The release of an environment that runs beside what is live for a drill. */
export interface Drills {
  /** Has it run, with one instance of each service, until the function that comes back is called. Throws `conflict` where there is one already. */
  hold(generation: Generation, saw: DrillListener): () => void;
  current(): readonly Generation[];
  /** Takes what is there now, and what the runtime cannot do of it. */
  saw(observed: Observed, faults: ReadonlyMap<string, WorkloadFault>, now: number): void;
  /** Lets it go, and says why. */
  end(why: BerthError): void;
}

/** Where a drill ends before its time. */
export function movedError({ app, environment }: Scope): BerthError {
  return new BerthError("conflict", `${environment} of ${app} was moved or removed meanwhile, and the drill with it.`, {
    hint: "Drill again where it is by now.",
  });
}

export function makeDrills(): Drills {
  let held: { generation: Generation; saw: DrillListener } | null = null;

  return {
    hold(generation, saw) {
      if (held !== null) {
        throw new BerthError("conflict", `v${held.generation.version} is being drilled already.`, {
          hint: "Ask again when that has ended: berth operations list",
        });
      }
      const mine = { generation, saw };
      held = mine;
      return () => {
        if (held === mine) held = null;
      };
    },
    current: () => (held === null ? [] : [held.generation]),
    saw(observed, faults, now) {
      if (held === null) return;
      const { starts } = judgeStarts(held.generation.services, observed, now);
      held.saw(starts.map((start) => withFault(start, faults.get(idOf(start.service)))));
    },
    end(why) {
      const ended = held;
      held = null;
      ended?.saw(why);
    },
  };
}

function withFault(start: ServiceStart, fault: WorkloadFault | undefined): ServiceStart {
  if (start.state !== "starting" || fault === undefined) return start;
  const reason = fault.message.replace(/\.$/, "");
  return { ...start, state: fault.isPassing ? "starting" : "failed", reason };
}

function idOf({ workload }: GenerationService): string {
  return workload.id;
}
