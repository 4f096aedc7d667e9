import { parseArgs } from "node:util";

export interface ImageOptions {
  base: string;
  /** As Docker names processors: `amd64`. */
  architecture: string;
  /** Where git comes from. */
  git: "machine" | "base";
  /** A registry with a folder in it; null: a layout is written. */
  push: string | null;
  output: string;
}

export const imageUsage = `Usage: npm run image [-- options]

  --push REGISTRY     push it: registry.example.com/team gets team/berth; the last line is its name
  --output FOLDER     without --push: where its OCI layout goes (default .tools/image/layout)
  --base IMAGE        what it lies on, with Node 24 (default node:24-slim; BERTH_MIRRORS counts)
  --git machine|base  where git comes from: this machine (Linux with glibc; the default), or a base that has it (node:24)
  --platform P        linux/amd64 or linux/arm64 (default: this machine's processor)`;

/** Reads what follows `npm run image`; a text where it cannot be used. */
export function readImageOptions(argv: readonly string[], machine: { architecture: string; output: string }) {
  const { values } = parseArgs({
    args: [...argv],
    options: {
      push: { type: "string" },
      output: { type: "string", default: machine.output },
      base: { type: "string", default: "node:24-slim" },
      git: { type: "string", default: "machine" },
      platform: { type: "string", default: `linux/${machine.architecture}` },
      help: { type: "boolean", short: "h", default: false },
    },
  });
  if (values.help) return null;
  const [, architecture] = /^linux\/(amd64|arm64)$/.exec(values.platform) ?? [];
  if (architecture === undefined) throw new Error(`--platform ${values.platform}: it is linux/amd64 or linux/arm64`);
  if (values.git !== "machine" && values.git !== "base") throw new Error(`--git ${values.git}: it is machine or base`);
  if (values.git === "machine" && architecture !== machine.architecture)
    throw new Error(`git of this machine runs on ${machine.architecture} alone: --base node:24 --git base`);
  const { push = null, output, base, git } = values;
  return { push, output, base, git, architecture } satisfies ImageOptions;
}
