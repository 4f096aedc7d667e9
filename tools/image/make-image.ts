import { join } from "node:path";
import type { Base, Images } from "../../packages/images/src/index.ts";
import type { Digest } from "../../packages/core/src/index.ts";
import { serverEnv, serverFlags } from "../setup/server-process.mjs";
import { installDependencies } from "./dependencies.ts";
import type { HostFiles } from "./git-program.ts";
import { listSources } from "./sources.ts";

export interface OwnImageSpec {
  /** The checkout. */
  root: string;
  /** Where dependencies are installed to be packed. */
  draft: string;
  base: Base;
  /** Null where the base brings it. */
  git: HostFiles | null;
}

const program = "/app/apps/server/src/main.ts";

/** Makes the image of Berth itself: the base, git, what production needs, and the sources that it runs from. Equal inputs, equal digest. */
export async function makeOwnImage(images: Images, spec: OwnImageSpec): Promise<{ digest: Digest; sizeBytes: number }> {
  const { root, draft, base, git } = spec;
  const folders = await installDependencies(root, draft, base.platform.architecture);
  const inApp = (from: string) => (path: string) => ({ host: join(from, path), path: `app/${path}` });
  const layers = [
    ...(git === null ? [] : [await images.folderLayer({ root: "/", sources: git, exclude: [] })]),
    await images.folderLayer({ root: draft, sources: folders.map(inApp(draft)), exclude: [] }),
    await images.folderLayer({ root, sources: listSources(root).map(inApp(root)), exclude: [] }),
  ];
  return images.assemble({
    layers,
    platform: base.platform,
    on: base,
    base,
    command: { argv: ["node", "--disable-warning=ExperimentalWarning", ...serverFlags, program, "--no-example"] },
    env: { ...serverEnv, BERTH_HOME: "/var/lib/berth", BERTH_LISTEN: "0.0.0.0" },
    programs: [],
    writable: [],
    annotations: { "org.opencontainers.image.title": "berth" },
  });
}
