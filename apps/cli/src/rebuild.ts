import type { Client } from "@berth/api/client";
import type { Operation } from "@berth/core";
import type { Context } from "./context.ts";
import { exitCodes } from "./edge/exit-codes.ts";
import { count, type Style } from "./framework/output.ts";
import { duration } from "./framework/units.ts";
import { followToEnd } from "./operations.ts";
import { failureText } from "./views/operation.ts";

/** Rebuilds environments (`app/environment`), one after the other; one that fails does not keep the others from it. Ends early with Ctrl-C. */
export async function rebuildAll(context: Context, client: Client, places: readonly string[]): Promise<Operation[]> {
  const ended: Operation[] = [];
  for (const place of places) {
    if (context.signal.aborted) break;
    const [app = "", environment = ""] = place.split("/");
    if (places.length > 1) context.terminal.say(context.terminal.style.bold(place));
    const route = client.api.apps[":app"].environments[":environment"].rebuild;
    const begun: Operation = await (await route.$post({ param: { app, environment }, query: {} })).json();
    const followed = await followToEnd(context, client, begun);
    if (followed === null) break;
    ended.push(followed.operation);
    if (followed.operation.state === "failed")
      context.terminal.say(failureText(followed.operation, "The rebuild failed", context.terminal.style));
  }
  return ended;
}

export function rebuildText(ended: readonly Operation[], style: Style): string {
  const lines = ended.map(({ app, environment, state, version, startedAt, finishedAt }) => {
    const took = duration((finishedAt ?? startedAt) - startedAt);
    const place = `${app}/${environment}`;
    if (state === "failed") return `${style.red("✗")} ${place} stays as it was`;
    return `${style.green("✓")} ${place} ${version === null ? "was on the newest already" : `is built again as v${version}, in ${took}`}`;
  });
  return lines.length === 0
    ? "Nothing has to be rebuilt."
    : [...lines, summary(ended)].filter((line) => line !== "").join("\n");
}

export function rebuildExit(ended: readonly Operation[]): number {
  return ended.some(({ state }) => state === "failed") ? exitCodes.failed : 0;
}

function summary(ended: readonly Operation[]): string {
  const failed = ended.filter(({ state }) => state === "failed").length;
  return failed === 0 ? "" : `${count(failed, "environment")} could not be rebuilt; the others are done.`;
}
