import { BerthError, type Environment, judgeCap, makeSerial, type Scope } from "@berth/core";
import type { DeployerDeps } from "./deps.ts";
import type { EnvironmentPlan } from "./environment-plan.ts";
import { spanText } from "./span-text.ts";

/** How many previews an app may have. */
export interface Rooms {
  /** Throws `conflict`, with which ones could go, where one more has no room. Nothing is removed yet. */
  check(app: string, plan: EnvironmentPlan): Promise<void>;
  /** Calls `make`, which makes one more, with the name of the one that has made room for it; null where there was room. */
  enter<T>(app: string, plan: EnvironmentPlan, make: (left: string | null) => Promise<T>): Promise<T>;
}

export interface RoomsDeps extends Pick<DeployerDeps, "clock"> {
  store: { environments: Pick<DeployerDeps["store"]["environments"], "list"> };
  /** Removes an environment that makes room for another. */
  remove(scope: Scope): Promise<void>;
}

const toldCandidates = 5;

export function makeRooms({ store, clock, remove }: RoomsDeps): Rooms {
  // Two that come at once must not both take the last place.
  const inTurn = makeSerial();

  async function find(app: string, { kind, previews }: EnvironmentPlan): Promise<Environment | null> {
    if (kind !== "preview") return null;
    const now = clock.now();
    const room = judgeCap(await store.environments.list(app), previews.cap, now);
    if (room.hasRoom) return room.leaving;
    const { candidates } = room;
    const names = candidates.slice(0, toldCandidates);
    throw new BerthError("conflict", `${app} has all the previews that it may have: previews.cap is ${previews.cap}.`, {
      path: "previews.cap",
      hint: `All were used within a day, or are kept. Remove one that is done with (berth environments delete ${names[0]!.name}), or raise previews.cap in berth.yaml.`,
      details: names.map(({ name, usedAt, branch }) =>
        [name, `used ${spanText(now - usedAt)} ago`, ...(branch === null || branch === name ? [] : [branch])].join(
          "  ",
        ),
      ),
    });
  }

  return {
    async check(app, plan) {
      await find(app, plan);
    },
    enter: (app, plan, make) =>
      inTurn(app, async () => {
        const leaving = await find(app, plan);
        if (leaving !== null) await remove({ app, environment: leaving.name });
        return await make(leaving?.name ?? null);
      }),
  };
}
