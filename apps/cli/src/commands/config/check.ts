import { readFile, stat } from "node:fs/promises";
import { join, relative, resolve } from "node:path";
import { BerthError, hasCode } from "@berth/core/errors";
import { findTopFolder } from "../../configured-name.ts";
import { exitCodes } from "../../edge/exit-codes.ts";
import { defineCommand } from "../../framework/command.ts";
import { count } from "../../framework/output.ts";

export const command = defineCommand({
  description:
    "Reads berth.yaml as it is in the folder, committed or not, and tells all that is wrong in it, each with its line and column. Asks no server. Exits with 2 where something is. With --schema it prints the file's JSON Schema, for editors; servers have it at /berth.schema.json.",
  arguments: {
    file: { about: "Another file, or a folder with a berth.yaml", required: false, completes: "files" },
  },
  options: { schema: { about: "Print the JSON Schema of berth.yaml" } },
  examples: [
    { line: "berth config check", about: "This repository's berth.yaml" },
    { line: "berth config check --json", about: "For scripts and hooks" },
    { line: "berth config check --schema > berth.schema.json", about: "For an editor that is offline" },
  ],
  async run({ args, options }, { settings, git, terminal }) {
    if (options.schema) {
      const { makeBerthYamlJsonSchema } = await import("@berth/core/berth-yaml");
      const schema = makeBerthYamlJsonSchema();
      return { json: schema, text: JSON.stringify(schema, null, 2) };
    }
    const file =
      args.file === undefined
        ? join((await findTopFolder(git, settings.cwd)).folder, "berth.yaml")
        : await fileOf(resolve(settings.cwd, args.file));
    const text = await read(
      file,
      args.file === undefined
        ? "An app needs none: berth plan says what is made of the folder as it is."
        : "Name a berth.yaml, or a folder that has one.",
    );
    const { checkBerthYaml, pathText, problemText } = await import("@berth/core/berth-yaml");
    const problems = checkBerthYaml(text);
    const { style } = terminal;
    const shown = relative(settings.cwd, file) || file;
    const json = {
      file,
      problems: problems.map(({ path, message, position }) => ({
        path: pathText(path),
        message,
        line: position?.line ?? null,
        column: position?.column ?? null,
      })),
    };
    if (problems.length === 0) return { json, text: `${style.green("✓")} ${shown} is right` };
    const lines = problems.map((problem) => {
      const { line = 1, column = 1 } = problem.position ?? {};
      return `${style.bold(`${shown}:${line}:${column}`)}  ${problemText(problem)}`;
    });
    const end = `${style.red("✗")} ${count(problems.length, "problem")}`;
    return { json, text: [...lines, end].join("\n"), exitCode: exitCodes.usage };
  },
});

async function fileOf(path: string): Promise<string> {
  const isFolder = await stat(path).then(
    (found) => found.isDirectory(),
    () => false,
  );
  return isFolder ? join(path, "berth.yaml") : path;
}

async function read(file: string, hint: string): Promise<string> {
  try {
    return await readFile(file, "utf8");
  } catch (error) {
    if (!hasCode(error, "ENOENT")) throw error;
    throw new BerthError("not-found", `There is no ${file}.`, { hint });
  }
}
