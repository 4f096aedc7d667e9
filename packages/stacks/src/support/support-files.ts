import { BerthError } from "@berth/core";
import { certificateFiles } from "./certificates.ts";
import { phpServerFiles } from "./php-server.ts";
import { staticServerFiles } from "./static-server.ts";

export interface SupportFile {
  /** Where it is below `/berth` in an image, with `/`. */
  path: string;
  /** Where it is on this disk. */
  file: string;
}

/** What plans name in `contents.support`, each by what lists its files, with paths relative to the bundle's own folder. */
const bundles: Readonly<Record<string, (madeFolder: string) => SupportFile[]>> = {
  certificates: certificateFiles,
  "php-server": phpServerFiles,
  "static-server": staticServerFiles,
};

/** The files of a bundle, sorted by path. What a bundle makes rather than ships is kept in `madeFolder`. Throws `not-found` for a name that is no bundle's. */
export function supportFiles(name: string, madeFolder: string): SupportFile[] {
  const list = Object.hasOwn(bundles, name) ? bundles[name] : undefined;
  if (list === undefined) {
    throw new BerthError("not-found", `There is no support bundle called ${JSON.stringify(name)}.`, { path: name });
  }
  return list(madeFolder)
    .map(({ path, file }) => ({ path: `${name}/${path}`, file }))
    .toSorted((a, b) => (a.path < b.path ? -1 : 1));
}
