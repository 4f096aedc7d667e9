import type { Wake } from "@berth/core";
import { setTimeout as sleep } from "node:timers/promises";
import { exitCodes } from "../edge/exit-codes.ts";
import { defineCommand, environmentOption } from "../framework/command.ts";
import { scopeOf } from "../scope.ts";
import { wakeEndLine, wakePhaseLine } from "../views/wake.ts";

/** Of which a cold start on one machine has a few. */
const pollMs = 100;

export const command = defineCommand({
  description:
    "Starts what sleeps as a request would, and waits until it is ready. It stays awake for scale.idle, as after a request; scale: { min: 1 } keeps it awake for good.",
  arguments: {
    service: { about: "Which; otherwise all that may sleep", required: false, completes: "services" },
  },
  options: environmentOption,
  examples: [
    { line: "berth wake", about: "All services of production that may sleep" },
    { line: "berth wake web --env staging", about: "One of another environment" },
  ],
  async run({ args, options }, context) {
    const [scope, client] = await Promise.all([scopeOf(context, options.env), context.client()]);
    const route = client.api.apps[":app"].environments[":environment"];
    const { terminal, signal, json } = context;
    const { style } = terminal;
    const asked = await route.wake.$post({ param: scope, query: {}, json: { service: args.service ?? null } });
    const wakes: Wake[] = (await asked.json()).items;
    const ended: Wake[] = [];
    const shown = new Map<string, number>();
    const show = ({ id, service, phases }: Wake) => {
      const before = shown.get(id) ?? 0;
      shown.set(id, phases.length);
      if (!json) for (const phase of phases.slice(before)) terminal.say(wakePhaseLine(service, phase, style));
    };
    for (const begun of wakes) {
      let wake = begun;
      show(wake);
      while (wake.state === "running") {
        await sleep(pollMs, undefined, { signal }).catch(() => undefined);
        if (signal.aborted) return { exitCode: exitCodes.interrupted };
        wake = await (await route.wakes[":wake"].$get({ param: { ...scope, wake: wake.id } })).json();
        show(wake);
      }
      ended.push(wake);
    }
    const text = ended.map((wake) => wakeEndLine(wake, style)).join("\n");
    const isWell = ended.every(({ state }) => state === "succeeded");
    return { json: { items: ended }, text, ...(!isWell && { exitCode: exitCodes.failed }) };
  },
});
