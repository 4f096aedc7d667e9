import { rm } from "node:fs/promises";
import { join } from "node:path";
import { type Clock, type Digest, isAppName, makeSerial } from "@berth/core";
import type { BlobStore } from "../../layout/blob-store.ts";
import type { ImagePaths } from "../../layout/paths.ts";
import type { Referrers } from "../../layout/referrers.ts";
import { type AnyDigest, appOf } from "../names.ts";
import { type Aliases, makeAliases } from "./aliases.ts";
import { type NewManifest, putManifest, removeBlob, removeManifest, removeTag } from "./change-repository.ts";
import { listFolder } from "./facts.ts";
import { makeManifestReader, type ManifestReader } from "./manifest-reader.ts";
import { pruneRepository } from "./prune-repository.ts";
import { makeReleased, nothingReleased } from "./released.ts";
import { makeRepository, type Repository } from "./repository.ts";
import { makeRepositoryFiles } from "./repository-files.ts";
import { makeSharedLock } from "./shared-lock.ts";

/** An app as the registry has to know it. One that is deleted and made again is another. */
export interface RegistryApp {
  name: string;
  /** In ms since the epoch. */
  createdAt: number;
}

export interface RepositoriesDeps {
  paths: ImagePaths;
  blobs: BlobStore;
  /** What Berth itself states of images. */
  referrers: Pick<Referrers, "list">;
  findApp(name: string): Promise<RegistryApp | null>;
  listApps(): Promise<readonly RegistryApp[]>;
  releaseTags(app: string): Promise<ReadonlyMap<string, Digest>>;
  releaseImages(app: string): Promise<readonly Digest[]>;
  clock: Pick<Clock, "now">;
}

/** All repositories: `<app>` and `<app>/<anything>` of each app. */
export interface Repositories {
  aliases: Aliases;
  reader: ManifestReader;
  /** The repository of a name that fits; null where there is no such app. It is there, if empty, before anything is pushed. */
  find(name: string): Promise<Repository | null>;
  /** The names of those that hold something, of all apps, in order. */
  names(): Promise<string[]>;
  /** See change-repository.ts. */
  putManifest(repository: Repository, manifest: NewManifest): Promise<Digest>;
  removeTag(repository: Repository, tag: string): Promise<void>;
  removeManifest(repository: Repository, digest: AnyDigest): Promise<void>;
  removeBlob(repository: Repository, digest: AnyDigest): Promise<void>;
  /** Changes a repository, one change after the other, and none while images are collected. */
  change<T>(repository: Repository, work: () => Promise<T>): Promise<T>;
  /**
   * Forgets what nobody needs, and calls back with all manifests and blobs that collecting must spare. Until that is done no
   * repository changes, so that nothing is collected that a push has just begun to count on.
   */
  withRoots<T>(work: (roots: ReadonlySet<Digest>) => Promise<T>): Promise<T>;
}

/** How long something without a tag is spared. */
const sparedForMs = 86_400_000;
/** The folder of the repository that has the app's own name; no other can begin like this. */
const ownFolder = "_";

export function makeRepositories(deps: RepositoriesDeps): Repositories {
  const { paths, blobs, clock } = deps;
  const root = join(paths.layout, "repositories");
  const aliases = makeAliases({ folder: join(paths.layout, "aliases"), drafts: paths.drafts, blobs, clock });
  const reader = makeManifestReader({ blobs, aliases });
  const lock = makeSharedLock();
  const inTurn = makeSerial();
  // An app that is made again under the same name finds nothing of the one before.
  const folderOf = ({ name, createdAt }: RegistryApp) => `${name}.${createdAt}`;

  function open(app: RegistryApp, name: string): Repository {
    const below = name === app.name ? ownFolder : name.slice(app.name.length + 1).replaceAll("/", "+");
    const files = makeRepositoryFiles(join(root, folderOf(app), below), paths.drafts);
    const released = name === app.name ? makeReleased({ ...deps, reader }, app.name) : nothingReleased;
    return makeRepository({ ...deps, aliases, reader }, { name, app: app.name, files, released });
  }

  async function openAll(app: RegistryApp): Promise<Repository[]> {
    const folders = await listFolder(join(root, folderOf(app)));
    return folders.map((below) =>
      open(app, below === ownFolder ? app.name : `${app.name}/${below.replaceAll("+", "/")}`),
    );
  }

  /** Removes what apps that are gone have left. */
  async function removeLost(apps: readonly RegistryApp[]): Promise<void> {
    const known = new Set(apps.map(folderOf));
    for (const folder of await listFolder(root)) {
      if (!known.has(folder)) await rm(join(root, folder), { recursive: true, force: true });
    }
  }

  const change = <T>(repository: Repository, work: () => Promise<T>) =>
    lock.shared(() => inTurn(repository.files.folder, work));
  const changes = { blobs, reader, clock };

  return {
    aliases,
    reader,
    putManifest: (repository, manifest) => change(repository, () => putManifest(changes, repository, manifest)),
    removeTag: (repository, tag) => change(repository, () => removeTag(changes, repository, tag)),
    removeManifest: (repository, digest) => change(repository, () => removeManifest(changes, repository, digest)),
    removeBlob: (repository, digest) => change(repository, () => removeBlob(changes, repository, digest)),
    change,
    async find(name) {
      const app = isAppName(appOf(name)) ? await deps.findApp(appOf(name)) : null;
      return app === null ? null : open(app, name);
    },
    async names() {
      const names = new Set<string>();
      for (const app of await deps.listApps()) {
        for (const { name } of await openAll(app)) names.add(name);
        if ((await deps.releaseImages(app.name)).length > 0) names.add(app.name);
      }
      return [...names].sort();
    },
    withRoots: (work) =>
      lock.exclusive(async () => {
        const apps = await deps.listApps();
        await removeLost(apps);
        const roots = new Set<Digest>();
        for (const repository of (await Promise.all(apps.map(openAll))).flat()) {
          const kept = await pruneRepository({ aliases, reader }, repository, clock.now() - sparedForMs);
          for (const digest of kept) roots.add(digest);
        }
        const result = await work(roots);
        await aliases.prune();
        return result;
      }),
  };
}
