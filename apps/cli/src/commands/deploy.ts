import { resolve } from "node:path";
import { aboveText, findTopFolder, isSameFolder } from "../configured-name.ts";
import { deployFolder } from "../deploy-folder.ts";
import { exitCodes } from "../edge/exit-codes.ts";
import { defineCommand, environmentOption } from "../framework/command.ts";
import { checkFolder } from "../git/working-tree.ts";
import { scopeOf } from "../scope.ts";
import { tryDeploy } from "../try-deploy.ts";

export const command = defineCommand({
  description:
    "Takes the files as they are, without what .gitignore leaves out, through the same pipeline as git push. Needs no commit and no git repository, and changes nothing in yours. Of a repository it takes all, wherever in it you are. An app that is missing is created.",
  arguments: { folder: { about: "Another folder, taken by itself", required: false, completes: "files" } },
  options: {
    ...environmentOption,
    "dry-run": { about: "Plan, build and compare, and say what would happen; exits with 1 where it would fail" },
  },
  examples: [
    { line: "berth deploy", about: "This folder's app, to production" },
    { line: "berth deploy --env try-it", about: "To an environment of its own" },
    { line: "berth deploy --dry-run", about: "Only say what it would do" },
    { line: "berth deploy ./site --app my-site", about: "Any folder" },
    { line: "url=$(berth deploy)", about: "The URL is all that goes to standard output" },
  ],
  async run({ args, options }, context) {
    const { settings, git, terminal } = context;
    const folder =
      args.folder === undefined ? (await findTopFolder(git, settings.cwd)).folder : resolve(settings.cwd, args.folder);
    await checkFolder(folder, settings.homeFolder);
    const isAbove = args.folder === undefined && !(await isSameFolder(folder, settings.cwd));
    if (isAbove && !context.json) terminal.say(terminal.style.dim(aboveText(folder)));
    if (options["dry-run"]) return await tryDeploy(context, await scopeOf(context, options.env), folder);
    const { refused, operation, release } = await deployFolder(context, folder, options.env);
    const json = { operation, release };
    if (refused === null) return { json, text: terminal.isShown ? "" : (operation?.url ?? "") };
    if (!context.json && !refused.wasTold) terminal.say(`${terminal.style.red("error:")} ${refused.reason}`);
    return { json, exitCode: exitCodes.failed };
  },
});
