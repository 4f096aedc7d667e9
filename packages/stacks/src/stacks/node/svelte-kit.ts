import { configText, server, siteIn, type Outcome, type Project } from "./framework.ts";

/** SvelteKit becomes what its adapter makes of it. */
export function svelteKitOutcome({ tree, manifest }: Project): Outcome {
  const config = configText(tree, "svelte.config", "vite.config");
  const uses = (adapter: string) => config.includes(`@sveltejs/adapter-${adapter}`);
  const folder = /\b(?:out|pages)\s*:\s*["'`](?:\.\/)?([\w.-]+)\/?["'`]/.exec(config)?.[1] ?? "build";
  if (uses("node")) return server("node", folder);
  if (uses("static")) return siteIn(folder, /\bfallback\s*:\s*["'`]([\w.-]+\.html)["'`]/.exec(config)?.[1] ?? null);
  if (uses("auto") && "@sveltejs/adapter-node" in manifest.dependencies) {
    // adapter-auto takes adapter-node only where it believes to be on a platform that wants it.
    return { kind: "server", argv: ["node", "build"], buildEnv: { GCP_BUILDPACKS: "1" } };
  }
  const files = ["svelte.config.js", "svelte.config.ts", "vite.config.ts", "vite.config.js"];
  const path = files.find((file) => tree.has(file)) ?? "svelte.config.js";
  return {
    kind: "problem",
    problem: {
      message: "SvelteKit's adapter makes no server and no static site here.",
      path,
      hint: `Run \`npm install -D @sveltejs/adapter-node\` and import it in ${path} (or @sveltejs/adapter-static for a static site).`,
    },
  };
}
