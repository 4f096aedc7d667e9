import { commandFromText, ownCommand, type TreeView } from "@berth/core";
import { buildTimeoutMs, refuse, type Stack } from "../../stack.ts";
import { serveSite } from "./serve.ts";

const nodeVersion = "24";
/** Where an index.html may be, likeliest first. */
const folders = [".", "public", "dist", "build", "_site", "www", "site", "html", "src"];

/** Files as they are, answered by Berth's static server. */
export const staticFiles: Stack = {
  name: "static",
  reads: () => false,
  command: (text) => commandFromText(text),
  detect(tree) {
    const index = indexPage(tree);
    return index === null ? null : { what: "static site", from: index };
  },
  plan(tree, hints) {
    const index = indexPage(tree);
    const folder = hints.output ?? (index === null ? null : index.split("/").slice(0, -1).join("/") || ".");
    if (folder === null) {
      return refuse(
        "There is no index.html.",
        null,
        "Add an index.html, or name the folder of the site in berth.yaml: `output: public`.",
      );
    }
    if (hints.build === null && folder !== "." && !tree.paths.some((path) => path.startsWith(`${folder}/`))) {
      return refuse(
        `The folder ${folder} is not there.`,
        "berth.yaml",
        "Correct `output:`, or say how it is made: `build:`.",
      );
    }
    const served = serveSite({ folder, fallback: null, hashedAssets: false }, nodeVersion);
    return {
      ok: true,
      plan: {
        stack: "static",
        findings: [
          {
            what: folder === "." ? "static site" : `static site in ${folder}`,
            from: hints.output === null && index !== null ? index : "berth.yaml output",
          },
          ...(hints.commandFrom === null ? [] : [{ what: ownCommand, from: hints.commandFrom }]),
        ],
        tools: { node: nodeVersion },
        dockerfile: null,
        steps:
          hints.build === null
            ? []
            : [
                {
                  name: "build",
                  layer: "app",
                  inputs: "all",
                  command: commandFromText(hints.build),
                  env: {},
                  caches: [],
                  network: true,
                  timeoutMs: buildTimeoutMs,
                },
              ],
        ...served,
        // With a command of its own it may start anything of the source.
        contents: hints.commandFrom !== null ? { ...served.contents, app: "all" } : served.contents,
      },
    };
  },
};

function indexPage(tree: TreeView): string | null {
  const pages = folders.map((folder) => (folder === "." ? "index.html" : `${folder}/index.html`));
  return pages.find((page) => tree.has(page)) ?? null;
}
