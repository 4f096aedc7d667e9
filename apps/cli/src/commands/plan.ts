import { resolve } from "node:path";
import { BerthError } from "@berth/core/errors";
import { aboveText, findTopFolder, isSameFolder } from "../configured-name.ts";
import { defineCommand } from "../framework/command.ts";
import { checkFolder } from "../git/working-tree.ts";

export const command = defineCommand({
  description:
    "Says what berth deploy and git push would make of the folder: what was found and where, what each step runs, what the image holds, what starts, and how to correct it. Asks no server, builds nothing and needs no git. Of a repository it takes all, wherever in it you are, and says so; `berth plan .` takes the folder alone.",
  arguments: { folder: { about: "Another folder, taken by itself", required: false, completes: "files" } },
  options: {
    builder: {
      about: "For a server that builds with it (default docker); only docker takes a Dockerfile",
      value: "name",
      choices: ["docker", "host"],
    },
  },
  examples: [
    { line: "berth plan", about: "This folder's app" },
    { line: "berth plan ./api", about: "Any folder" },
    { line: "berth plan --builder host", about: "As a server without Docker would" },
    { line: "berth plan --json | jq '.services[].plan.base'", about: "For scripts" },
  ],
  async run({ args, options }, { settings, git, terminal }) {
    const top = args.folder === undefined ? await findTopFolder(git, settings.cwd).catch(() => null) : null;
    const folder = top?.folder ?? resolve(settings.cwd, args.folder ?? ".");
    await checkFolder(folder, settings.homeFolder);
    // Only here: stacks know many formats, and no other command waits for them.
    const [{ makePlanApp }, { listFiles }, { makeFolderTree }, { planText }] = await Promise.all([
      import("@berth/stacks"),
      import("../plan/list-files.ts"),
      import("../plan/folder-tree.ts"),
      import("../views/plan/plan.ts"),
    ]);
    const tree = makeFolderTree(folder, await listFiles(git, folder));
    const plan = await makePlanApp({ dockerfiles: options.builder !== "host" })(tree);
    if (!plan.ok) {
      const { message, path, hint } = plan.problem;
      throw new BerthError("plan.nothing-found", message, { hint, ...(path !== null && { path }) });
    }
    const services = plan.services.map(({ source: _, ...service }) => service);
    const { release = null } = plan;
    const told = planText(plan.services, terminal, release);
    const isAbove = top !== null && !(await isSameFolder(folder, settings.cwd));
    const text = isAbove ? `${terminal.style.dim(`${aboveText(folder)}; alone: berth plan .`)}\n\n${told}` : told;
    return { json: { folder, services, release }, text };
  },
});
