import { realpath } from "node:fs/promises";
import { aboveText, findTopFolder, isSameFolder } from "../configured-name.ts";
import type { Context } from "../context.ts";
import { checkFolder } from "../git/working-tree.ts";
import { openSender, type Sender } from "./sender.ts";

/** Makes the folder that the person is in ready to be sent, or the repository that it is in. */
export async function openOwnFolder(context: Context): Promise<Sender> {
  const { settings, git, json, terminal } = context;
  const { folder: top } = await findTopFolder(git, settings.cwd);
  const folder = await realpath(top);
  await checkFolder(folder, settings.homeFolder);
  if (!json && !(await isSameFolder(folder, settings.cwd))) terminal.say(terminal.style.dim(aboveText(folder)));
  return await openSender(context, folder);
}
