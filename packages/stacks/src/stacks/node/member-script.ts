import { commandText, type Command, type TreeView } from "@berth/core";
import type { Manifest } from "./manifest.ts";
import { nodeCommand, scriptText } from "./scripts.ts";
import { nestedManifests } from "./workspaces.ts";

/** Ways to say "this script of that member": npm, pnpm, Yarn, Bun and turbo. */
const references: readonly RegExp[] = [
  /^npm (?:run(?:-script)? )?(?<script>[\w:.-]+) (?:-w|--workspace)[ =](?<member>\S+)$/,
  /^npm (?:-w|--workspace)[ =](?<member>\S+) (?:run(?:-script)? )?(?<script>[\w:.-]+)$/,
  /^(?:pnpm|bun) (?:run )?(?:--filter|-F)[ =](?<member>\S+) (?:run )?(?<script>[\w:.-]+)$/,
  /^yarn workspace (?<member>\S+) (?:run )?(?<script>[\w:.-]+)$/,
  /^(?:npx |pnpm |yarn )?turbo (?:run )?(?<script>[\w:.-]+) --filter[ =](?<member>\S+)$/,
];

/**
 * What a start script that names another of a member comes to: that script's own command in the member's folder. No package manager,
 * which the image may lack, stands between then. Null for other scripts.
 */
export function memberScript(
  text: string,
  tree: TreeView,
  root: Manifest,
): { command: Command; folder: string } | null {
  const groups = references.map((pattern) => pattern.exec(text)?.groups).find((each) => each !== undefined);
  if (groups === undefined) return null;
  const { script = "", member = "" } = groups;
  const wanted = member.replace(/^["']|["']$/g, "").replace(/^\.\//, "");
  const found = [...nestedManifests(tree, root)].find(
    ([path, { name }]) => name === wanted || path === `${wanted}/package.json`,
  );
  if (found === undefined) return null;
  const [path, manifest] = found;
  const own = scriptText(manifest, script);
  if (own === undefined) return null;
  const folder = path.slice(0, -"/package.json".length);
  const command = nodeCommand(own, manifest);
  // The plan is the root's, which knows nothing of the member's own programs.
  const inPath = 'PATH="$PWD/node_modules/.bin:$PATH"; export PATH';
  if ("shell" in command) return { folder, command: { shell: `cd ${folder} && ${inPath}; ${command.shell}` } };
  const [program = "", ...rest] = command.argv;
  const argv = [program.replace(/^node_modules\/\.bin\//, ""), ...rest];
  return { folder, command: { shell: `cd ${folder}; ${inPath}; exec ${commandText({ argv })}` } };
}
