import { shareBounds } from "@berth/core/light";
import { defineCommand } from "../../framework/command.ts";
import { moment } from "../../framework/units.ts";
import { usageError } from "../../framework/usage-error.ts";
import { readSpan } from "../../read-span.ts";

export const command = defineCommand({
  description:
    "Prints a link by which a protected preview is seen, for three days unless told otherwise. Programs send the token of the link in the header Berth-Share instead.",
  arguments: { name: { about: "The environment", required: true, completes: "environments" } },
  options: {
    for: { about: "How long the link holds, such as 12h (default 3d)", value: "duration" },
    revoke: { about: "Take all links back that were given out" },
  },
  examples: [
    { line: "berth environments share my-branch", about: "For three days" },
    { line: "berth env share my-branch --for 12h", about: "For as long as a meeting needs" },
    { line: "berth env share my-branch --revoke", about: "Nobody sees it by a link any more" },
  ],
  async run({ args, options }, context) {
    const forMs = readSpan("--for", options.for, shareBounds);
    if (options.revoke && forMs !== null)
      throw usageError("--revoke takes links back, and makes none.", "Leave --for out.");
    const [app, client] = await Promise.all([context.app(), context.client()]);
    const route = client.api.apps[":app"].environments[":environment"].share;
    const param = { app, environment: args.name };
    if (options.revoke) {
      await route.$delete({ param });
      return { json: null, text: `No link to ${args.name} of ${app} holds any more` };
    }
    const link = await (await route.$post({ param, json: forMs === null ? {} : { forMs } })).json();
    context.terminal.say(`It holds until ${moment(link.expiresAt)}, for everyone who has it.`);
    return { json: link, text: link.url };
  },
});
