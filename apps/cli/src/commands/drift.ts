import { berthYamlPatch } from "@berth/core/light";
import type { Client } from "@berth/api/client";
import type { Operation } from "@berth/core";
import type { Context } from "../context.ts";
import { exitCodes } from "../edge/exit-codes.ts";
import { defineCommand, environmentOption } from "../framework/command.ts";
import type { Outcome } from "../framework/command.ts";
import { usageError } from "../framework/usage-error.ts";
import { followToEnd } from "../operations.ts";
import { type Scope, scopeOf, scopeText } from "../scope.ts";
import { driftText } from "../views/drift.ts";
import { failureText } from "../views/operation.ts";

export const command = defineCommand({
  description:
    "What somebody has changed by hand of what Berth made on a cluster, since the server's start: which field, what it was found as, by whom and when. All of it has been put back already. With --adopt it is kept instead: laid over berth.yaml as a new release, with the piece of berth.yaml that says the same.",
  arguments: {
    objects: {
      about: "With --adopt: only what was changed of these, such as web-1f0c3aa21f0c",
      required: false,
      rest: true,
    },
  },
  options: {
    ...environmentOption,
    adopt: { about: "Keep what was changed since the live release" },
    reset: { about: "Forget what was adopted" },
  },
  examples: [
    { line: "berth drift", about: "Production of this folder's app" },
    { line: "berth drift --env staging --json", about: "Another environment, for scripts" },
    { line: "berth drift --adopt", about: "Keep all that berth.yaml has words for" },
    { line: "berth drift --adopt web-1f0c3aa21f0c", about: "Keep what was changed of one object" },
    { line: "berth drift --reset", about: "Without what was adopted" },
  ],
  async run({ args, options }, context) {
    const objects = readObjects(args.objects);
    if (options.adopt && options.reset) throw usageError("--reset forgets, and --adopt keeps.", "Say one of them.");
    if (objects.length > 0 && !options.adopt)
      throw usageError("Names of objects go with --adopt.", `berth drift --adopt ${objects.join(" ")}`);
    const [scope, client] = await Promise.all([scopeOf(context, options.env), context.client()]);
    if (options.adopt || options.reset) return await adopt({ client, scope, context }, objects, options.reset);
    const route = client.api.apps[":app"].environments[":environment"];
    const report = await (await route.drift.$get({ param: scope })).json();
    return { json: report, text: driftText(report, { style: context.terminal.style, now: context.now() }) };
  },
});

/** Kinds may be said, as `berth drift` prints them: a name alone is enough, and begins with a small letter. */
function readObjects(words = ""): string[] {
  return words.split(/\s+/).filter((word) => word !== "" && !/^[A-Z]/.test(word));
}

async function adopt(
  { client, scope, context }: { client: Client; scope: Scope; context: Context },
  objects: string[],
  reset: boolean,
): Promise<Outcome> {
  const route = client.api.apps[":app"].environments[":environment"];
  const { style } = context.terminal;
  const begun: Operation = await (
    await route.drift.adopt.$post({ param: scope, query: {}, json: { objects, reset } })
  ).json();
  const ended = await followToEnd(context, client, begun);
  if (ended === null) return { exitCode: exitCodes.interrupted };
  const { operation } = ended;
  if (operation.state === "failed") {
    const text = failureText(operation, "Nothing has changed", style);
    return { json: { operation, patch: null }, text, exitCode: exitCodes.failed };
  }
  const { version } = operation;
  if (version === null) return { json: { operation, patch: null }, text: `${scopeText(scope)} is so already` };
  const param = { ...scope, version: String(version) };
  const { snapshot } = await (await route.releases[":version"].$get({ param })).json();
  const patch = berthYamlPatch(snapshot);
  const head = `${style.green("✓")} ${scopeText(scope)} is v${version}`;
  if (reset) return { json: { operation, patch }, text: `${head}, without what was adopted` };
  const text = `${head} and keeps it. The same in berth.yaml, for when you deploy next:\n\n${patch}`;
  return { json: { operation, patch }, text };
}
