import { join } from "node:path";

/** Where the caches of a step are: those that services share, and those of its service. */
export interface CacheFolders {
  shared: string;
  service: string;
}

type Variables = (folders: { shared: string; service: string }) => Record<string, string>;

/** What tells each package manager where its downloads are kept, by the name that plans have for it. */
const cacheVariables: Record<string, Variables> = {
  npm: ({ shared }) => ({ npm_config_cache: shared }),
  // Files are copied out of the store: a build that changed a hard link would change the store itself.
  pnpm: ({ shared }) => ({
    npm_config_store_dir: join(shared, "store"),
    pnpm_config_store_dir: join(shared, "store"),
    npm_config_cache_dir: join(shared, "metadata"),
    pnpm_config_cache_dir: join(shared, "metadata"),
    npm_config_package_import_method: "clone-or-copy",
    pnpm_config_package_import_method: "clone-or-copy",
  }),
  yarn: ({ shared }) => ({ YARN_CACHE_FOLDER: join(shared, "v1"), YARN_GLOBAL_FOLDER: join(shared, "berry") }),
  bun: ({ shared }) => ({ BUN_INSTALL_CACHE_DIR: shared }),
  deno: ({ shared }) => ({ DENO_DIR: shared }),
  pip: ({ shared }) => ({ PIP_CACHE_DIR: shared }),
  // Linked files would be shared between builds, as with pnpm.
  uv: ({ shared }) => ({ UV_CACHE_DIR: shared, UV_LINK_MODE: "copy" }),
  poetry: ({ shared }) => ({ POETRY_CACHE_DIR: shared }),
  pipenv: ({ shared }) => ({ PIPENV_CACHE_DIR: shared, PIP_CACHE_DIR: join(shared, "pip") }),
  go: ({ shared }) => ({ GOMODCACHE: join(shared, "modules"), GOCACHE: join(shared, "build") }),
  cargo: ({ shared, service }) => ({ CARGO_HOME: shared, CARGO_TARGET_DIR: service, ...withoutPath(shared) }),
  // Maven's wrapper keeps Maven itself in the second.
  maven: ({ shared }) => ({ MAVEN_OPTS: `-Dmaven.repo.local=${shared}`, MAVEN_USER_HOME: join(shared, ".wrapper") }),
  gradle: ({ shared }) => ({ GRADLE_USER_HOME: shared, GRADLE_OPTS: "-Dorg.gradle.daemon=false" }),
  bundler: ({ shared }) => ({ BUNDLE_USER_CACHE: shared, BUNDLE_GLOBAL_GEM_CACHE: "true" }),
  composer: ({ shared }) => ({ COMPOSER_CACHE_DIR: shared }),
  mix: ({ shared }) => ({ HEX_HOME: join(shared, "hex"), MIX_HOME: join(shared, "mix") }),
  nuget: ({ shared }) => ({ NUGET_PACKAGES: join(shared, "packages"), NUGET_HTTP_CACHE_PATH: join(shared, "http") }),
};

/** Leaves the cache's place out of programs, which then are the same wherever they are built; a project's own flags stay. What has a space in it cannot be told this way. */
function withoutPath(folder: string): Record<string, string> {
  return /\s/.test(folder) ? {} : { CARGO_BUILD_RUSTFLAGS: `--remap-path-prefix=${folder}=/cargo` };
}

/** Caches that are a folder of the app itself, relative to the app's: kept for each service, and never part of a layer. */
const folderCaches: Record<string, string> = { next: ".next/cache" };

/** The folder caches among these, with the folder of each. */
export function folderCachesOf(names: readonly string[]): { name: string; folder: string }[] {
  return [...new Set(names)].flatMap((name) => {
    const folder = folderCaches[name];
    return folder === undefined ? [] : [{ name, folder }];
  });
}

/** The variables by which the tools of a step find these caches. */
export function cacheEnv(names: readonly string[], { shared, service }: CacheFolders): Record<string, string> {
  const parts = names.map((name) =>
    cacheVariables[name]?.({ shared: join(shared, name), service: join(service, name) }),
  );
  return Object.assign({}, ...parts);
}

/** The same for a user whose account does not say where its home is: Java takes it from there, and Maven its settings. */
export function cacheEnvAt(names: readonly string[], folders: CacheFolders, home: string): Record<string, string> {
  const cached = cacheEnv(names, folders);
  const options = cached["MAVEN_OPTS"];
  return options === undefined ? cached : { ...cached, MAVEN_OPTS: `${options} -Duser.home=${home}` };
}

/** The folders that have to be there for these caches. */
export function cacheFoldersOf(names: readonly string[], { shared, service }: CacheFolders): string[] {
  const known = names.filter((name) => cacheVariables[name] !== undefined);
  return [...known.map((name) => join(shared, name)), ...(known.includes("cargo") ? [join(service, "cargo")] : [])];
}
