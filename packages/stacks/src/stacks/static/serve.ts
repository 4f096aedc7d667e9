import type { BuildPlan, Command } from "@berth/core";

/** A folder of files that Berth's static server answers with. */
export interface Site {
  folder: string;
  /** The page that answers where no file does, for applications that route in the browser; null: a 404. */
  fallback: string | null;
  /** Whether a bundler put a hash of the content into the names of its assets, so that they may be cached for good. */
  hashedAssets: boolean;
}

/** Image, contents and command of a site; relative to the app's folder, so that it is right in a container and in an unpacked image. */
export function serveSite(
  site: Site,
  nodeTag: string,
): Pick<BuildPlan, "base" | "buildImage" | "contents" | "command" | "env" | "programs" | "writable"> {
  return {
    base: { image: `docker.io/library/node:${nodeTag}-slim`, digest: null },
    buildImage: { image: `docker.io/library/node:${nodeTag}`, digest: null },
    contents: { dependencies: [], app: site.folder === "." ? "all" : [site.folder], support: ["static-server"] },
    command: serveCommand(site),
    env: {},
    programs: [],
    writable: [],
  };
}

function serveCommand({ folder, fallback, hashedAssets }: Site): Command {
  const flags = [
    ...(fallback === null ? [] : [fallback === "index.html" ? "--spa" : `--spa=${fallback}`]),
    ...(hashedAssets ? ["--hashed-assets"] : []),
  ];
  return { argv: ["node", "../berth/static-server/server.mjs", folder, ...flags] };
}
