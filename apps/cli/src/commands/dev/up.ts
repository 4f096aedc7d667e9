import { openOwnFolder } from "../../dev/own-folder.ts";
import { liveText } from "../../dev/deploy-view.ts";
import { exitCodes } from "../../edge/exit-codes.ts";
import { defineCommand } from "../../framework/command.ts";
import { followToEnd } from "../../operations.ts";
import { failureText } from "../../views/operation.ts";

export const command = defineCommand({
  description:
    "Takes the files as they are, without what .gitignore leaves out, to <app>--<you>.<domain>: an environment that is yours alone, which sleeps when idle and goes when nobody uses it, as previews do. Needs no commit and no git repository. An app that is missing is created.",
  arguments: {},
  options: {},
  examples: [
    { line: "berth dev up", about: "This folder, once" },
    { line: "url=$(berth dev up)", about: "The URL is all that goes to standard output" },
  ],
  async run(_, context) {
    const { terminal, json } = context;
    const sender = await openOwnFolder(context);
    const begunAt = context.now();
    const sent = await sender.send();
    const ended = sent && (await followToEnd(context, sender.client, sent.operation));
    await sender.close();
    if (ended === null) return { exitCode: exitCodes.interrupted };
    const { operation, events } = ended;
    if (operation.state !== "succeeded") {
      if (!json) terminal.say(failureText(operation, "It was not deployed", terminal.style));
      return { json: operation, exitCode: exitCodes.failed };
    }
    const tookMs = context.now() - begunAt;
    if (!json) terminal.say(liveText(operation, { files: [], events, tookMs }, terminal.style));
    return { json: operation, text: operation.url ?? "" };
  },
});
