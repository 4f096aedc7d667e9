/** The arrows of the design: apps → packages → core, save for the exceptions that it names. */
export const siblingsAllowed: Record<string, readonly string[]> = {
  "@berth/builders": ["@berth/stacks", "@berth/images", "@berth/docker", "@berth/cluster"],
  "@berth/runtimes": ["@berth/docker", "@berth/cluster"],
};

/** Each package has one entry; `api` a second without server code, and `core` what few need or what has to load in no time, and one for tests. */
export const entriesAllowed: Record<string, readonly string[]> = {
  "@berth/api": [".", "./client"],
  "@berth/core": [".", "./berth-yaml", "./errors", "./inflate-zstd", "./light", "./testing"],
};

export const rules = {
  app: "nobody imports an app; apps are programs",
  core: "core imports no other package of Berth",
  sibling:
    "a package imports only @berth/core, save builders → stacks, images, docker, cluster and runtimes → docker, cluster",
  unknown: "@berth/* names a folder of packages/",
  deep: "a package is used through its entry (its exports), never by a path inside it",
  crossing: "a relative path stays inside its own package",
  self: "inside a package files import each other directly, never its own index.ts",
  entries:
    "each package has one entry, `.`; api a second, `./client`, and core `./berth-yaml`, `./errors`, `./inflate-zstd`, `./light` and, for tests, `./testing`",
  undeclared: "what a package imports is in its package.json: dependencies, or devDependencies for types and tests",
  unused: "what package.json lists is imported somewhere in the package",
  parse: "every source file parses",
} as const;

/** Tests and suites that tests run may use devDependencies and the tools of the root. */
export function isTestFile(file: string): boolean {
  return /\.test\.tsx?$|(^|\/)(test|testing|support)\/|conformance|\.config\.ts$/.test(file);
}
