import type { Arrival } from "./arrival.ts";
import { makeServerTiming } from "./server-timing.ts";
import { WakePage } from "./pages/wake-page.ts";
import type { Workload } from "./workload.ts";

/** The time that a request waits for an instance, and the page that its client may be shown meanwhile. */
export class Wait {
  /** Null where its client is shown nothing. */
  page: WakePage | null = null;
  /** Of an app that does not run; waiting for room at one that does is not told. */
  #since: number | null = null;

  /** It waits; called again whenever there is news of that. */
  goesOn({ routed: { waking, state } }: Workload, now: number): void {
    if (state !== "running") this.#since ??= now;
    if (waking !== undefined) this.page?.tell(waking);
  }

  /** Shows whoever looks at it that the app is being started. Only of a `isNavigation`. */
  show({ res, requestId }: Arrival, workload: Workload, now: number): void {
    this.page = new WakePage(res, `${workload.routed.app} is waking up`, requestId);
    this.goesOn(workload, now);
  }

  /** What its answer says of it; null where that is nothing. */
  timing({ routed }: Workload, now: number): string | null {
    return this.#since === null ? null : makeServerTiming(now - this.#since, routed.waking ?? null);
  }
}
