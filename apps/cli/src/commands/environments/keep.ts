import { keepBounds } from "@berth/core/light";
import { defineCommand } from "../../framework/command.ts";
import { moment } from "../../framework/units.ts";
import { usageError } from "../../framework/usage-error.ts";
import { readSpan } from "../../read-span.ts";

export const command = defineCommand({
  description:
    "A preview that nobody uses is removed after a while. This counts as a use, so that its time begins anew; it can also be kept for longer.",
  arguments: { name: { about: "The environment", required: true, completes: "environments" } },
  options: {
    for: { about: "Keep it at least this long, such as 30d", value: "duration" },
    forever: { about: "Keep it until somebody deletes it" },
  },
  examples: [
    { line: "berth environments keep my-branch", about: "Its time begins anew" },
    { line: "berth env keep my-branch --for 30d", about: "For a month at least" },
    { line: "berth env keep my-branch --forever", about: "Until it is deleted" },
  ],
  async run({ args, options }, context) {
    const forMs = readSpan("--for", options.for, keepBounds);
    if (options.forever && forMs !== null)
      throw usageError("--for and --forever both say how long it stays.", "Leave one of them out.");
    const [app, client] = await Promise.all([context.app(), context.client()]);
    const route = client.api.apps[":app"].environments[":environment"];
    const json = { ...(forMs !== null && { forMs }), forever: options.forever };
    const kept = await (await route.keep.$post({ param: { app, environment: args.name }, json })).json();
    const { expiresAt } = kept;
    const text =
      expiresAt === null
        ? `${args.name} of ${app} stays until somebody deletes it`
        : `${args.name} of ${app} stays until ${moment(expiresAt)} at least`;
    return { json: kept, text: `${context.terminal.style.green("✓")} ${text}` };
  },
});
