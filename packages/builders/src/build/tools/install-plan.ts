import type { Platform } from "@berth/core";
import { pythonRequirement } from "../python-requirement.ts";
import { toolPackage } from "../tool-packages.ts";

/** How a tool that the image lacks is brought into the volume of tools, inside a container. */
export interface ToolInstall {
  /** Where it goes, below the volume: another place for each version and image. */
  folder: string;
  argv: string[];
  /** The image has to have this program. */
  needs: "npm" | "python3";
}

/** Installs aside, and gives the result its name when it is whole. */
const npmScript = `
set -e; final=$1; spec=$2; shift 2
[ -e "$final/.whole" ] && exit 0
draft="$final.$$"; rm -rf "$draft"; mkdir -p "$draft/bin"
npm install --prefix "$draft" --global=false --no-save --no-package-lock --no-audit --no-fund --ignore-scripts --loglevel=error --no-update-notifier "$spec"
for pair in "$@"; do chmod +x "$draft/node_modules/\${pair#*=}"; ln -s "../node_modules/\${pair#*=}" "$draft/bin/\${pair%%=*}"; done
touch "$draft/.whole"
mv -T "$draft" "$final" 2>/dev/null || { rm -rf "$draft"; [ -e "$final/.whole" ]; }
`;

/** An environment of Python's contains its own path, so it is made in its place, and is whole when the mark is there. */
const pythonScript = `
set -e; final=$1; spec=$2
[ -e "$final/.whole" ] && exit 0
rm -rf "$final"; mkdir -p "$final"
python3 -m venv "$final/venv"
"$final/venv/bin/python" -m pip install --quiet --no-input --disable-pip-version-check "$spec"
mkdir "$final/bin"; shift 2
for name in "$@"; do ln -s "../venv/bin/$name" "$final/bin/$name"; done
touch "$final/.whole"
`;

const pythonCommands: Record<string, readonly string[]> = { uv: ["uv", "uvx"], poetry: ["poetry"], pipenv: ["pipenv"] };

/** Null for a tool that only an image can bring. */
export function planInstall(
  tool: string,
  version: string,
  platform: Platform,
  image: string,
  toolsPath: string,
): ToolInstall | null {
  const folder = `${toolsPath}/${tool}-${version.replace(/[^\w.-]/g, "_")}-${image.replace(/^sha256:/, "").slice(0, 12)}`;
  const commands = pythonCommands[tool];
  if (commands !== undefined) {
    const argv = ["sh", "-c", pythonScript, "sh", folder, pythonRequirement(tool, version), ...commands];
    return { folder, argv, needs: "python3" };
  }
  const found = toolPackage(tool, version, platform);
  // Node itself is what images are chosen for.
  if (found === null || tool === "node") return null;
  const pairs = Object.entries(found.commands).map(([command, file]) => `${command}=${found.name}/${file}`);
  const argv = ["sh", "-c", npmScript, "sh", folder, `${found.name}@${found.version}`, ...pairs];
  return { folder, argv, needs: "npm" };
}
