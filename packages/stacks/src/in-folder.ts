import { commandText, type Command } from "@berth/core";

/** A command as it runs in a folder of the app, where programs are found in PATH. */
export function inFolder(command: Command, folder: string): Command {
  if ("shell" in command) return { shell: `cd ${folder} && ${command.shell}` };
  const [program = "", ...rest] = command.argv;
  if (program === "") return command;
  const argv = [program.replace(/^node_modules\/\.bin\//, ""), ...rest];
  return { shell: `cd ${folder} && exec ${commandText({ argv })}` };
}
