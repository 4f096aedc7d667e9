/** What a tool prints when a lockfile and its manifest disagree, and what to do then. */
const lockfiles: readonly HintRule[] = [
  {
    pattern:
      /npm ci` can only install|package\.json and package-lock\.json .* are in sync|ERR_PNPM_OUTDATED_LOCKFILE|lockfile would have been (modified|created)|lockfile needs to be updated\b(?! but)|lockfile had changes, but lockfile is frozen|YN0028/i,
    hint: "The lockfile does not fit package.json: run your package manager's install, commit the lockfile, and push again.",
  },
  {
    pattern: /can only install with an existing package-lock|ERR_PNPM_NO_LOCKFILE/i,
    hint: "Run your package manager's install, commit the lockfile it writes, and push again.",
  },
  {
    pattern: /The lockfile at `uv\.lock` needs to be updated|Unable to find lockfile at `uv\.lock`/i,
    hint: "uv.lock does not fit pyproject.toml: run `uv lock`, commit uv.lock, and push again.",
  },
  {
    pattern:
      /pyproject\.toml changed significantly since poetry\.lock was last generated|poetry\.lock is not up to date/i,
    hint: "poetry.lock does not fit pyproject.toml: run `poetry lock`, commit poetry.lock, and push again.",
  },
  {
    pattern: /Your Pipfile\.lock \(\w+\) is out of date/i,
    hint: "Pipfile.lock does not fit Pipfile: run `pipenv lock`, commit Pipfile.lock, and push again.",
  },
  {
    pattern: /the lock file .*Cargo\.lock needs to be updated but --locked|cannot update the lock file .*Cargo\.lock/i,
    hint: "Cargo.lock does not fit Cargo.toml: run `cargo update --workspace`, commit Cargo.lock, and push again.",
  },
  {
    pattern: /updates to go\.mod needed|missing go\.sum entry|go: updates to go\.sum needed/i,
    hint: "go.mod and go.sum do not fit the source: run `go mod tidy`, commit both, and push again.",
  },
  {
    pattern:
      /The gemfile has changed|your lockfile does not satisfy dependencies|frozen mode|deployment mode.*Gemfile\.lock/i,
    hint: "Gemfile.lock does not fit Gemfile: run `bundle install`, commit Gemfile.lock, and push again.",
  },
  {
    pattern: /lock file is not up to date with the latest changes in composer\.json|not present in the lock file/i,
    hint: "composer.lock does not fit composer.json: run `composer update --lock`, commit composer.lock, and push again.",
  },
  {
    pattern: /The lockfile is out of date\. Run `deno/i,
    hint: "deno.lock does not fit the source: run `deno install`, commit deno.lock, and push again.",
  },
  {
    pattern: /Your mix\.lock is out of date|the dependency does not match the requirement|lock mismatch/i,
    hint: "mix.lock does not fit mix.exs: run `mix deps.get`, commit mix.lock, and push again.",
  },
  {
    pattern: /error NU1004/,
    hint: "packages.lock.json does not fit the project: run `dotnet restore --force-evaluate`, commit it, and push again.",
  },
];

export interface HintRule {
  pattern: RegExp;
  /** `{where}` stands for where the tools are. */
  hint: string;
}

export const noSuchVersion =
  /\bE404\b|ERR_PNPM_FETCH_404|No matching version found|ETARGET|No matching distribution found|Could not find a version that satisfies|no matching package named|unknown revision|Could not find artifact/;

export const unreachable =
  /ENOTFOUND|EAI_AGAIN|ECONNREFUSED|ETIMEDOUT|ENETUNREACH|getaddrinfo|Temporary failure in name resolution|Could not resolve host|Name or service not known|no such host|Network is unreachable|UnknownHostException/;

/** What tools print when they fail, and what to do then; the first that fits counts. */
export const hintRules: readonly HintRule[] = [
  ...lockfiles,
  {
    pattern: /are you root\?|\/var\/lib\/(?:dpkg|apt)\/.*(?:Permission denied|Read-only)|Unable to lock database/,
    hint: "This step may install no packages of the system: build with BERTH_BUILDER=docker, where it may, or do without them.",
  },
  {
    pattern: /\bEROFS\b|Read-only file system/,
    hint: "A step can write in the app's folder, in its home folder and in /tmp, and nowhere else: let it put its files there.",
  },
  {
    pattern: /JavaScript heap out of memory|Reached heap limit/,
    hint: "Node ran out of memory: give it more with NODE_OPTIONS=--max-old-space-size=4096 among the build variables of berth.yaml.",
  },
  {
    pattern: /EBADENGINE|ERR_PNPM_UNSUPPORTED_ENGINE|The engine "node" is incompatible/,
    hint: "A dependency wants another Node: say which in package.json engines.node.",
  },
  {
    pattern: /requires a different Python|requires-python|does not satisfy Python/i,
    hint: "A dependency wants another Python: say which in .python-version, or in berth.yaml: `version:`.",
  },
  {
    pattern: /go\.mod requires go >=|requires go >= \d/,
    hint: "The source wants a newer Go: say which in go.mod's go line, or in berth.yaml: `version:`.",
  },
  {
    pattern: /requires rustc|rustc [\d.]+ is not supported/,
    hint: "A dependency wants a newer Rust: say which in rust-toolchain.toml, or in berth.yaml: `version:`.",
  },
  {
    pattern: /release version \d+ not supported|invalid target release|UnsupportedClassVersionError/,
    hint: "The source wants a newer JDK: say which in berth.yaml: `version:`.",
  },
  {
    pattern: /\bE40[13]\b|ERR_PNPM_FETCH_40[13]|401 Unauthorized|403 Forbidden|authentication token not provided/i,
    hint: "The registry wants a login: name the token in berth.yaml under build.secrets, and let the package manager's settings take it from there.",
  },
  {
    pattern: noSuchVersion,
    hint: "A dependency is not in the registry in this version: check its name and version.",
  },
  {
    pattern: unreachable,
    hint: "Something on the network could not be reached: check the connection and any proxy of this machine, then push again.",
  },
  {
    pattern:
      /gyp ERR!|node-gyp|make: not found|g\+\+: not found|linker `cc` not found|command 'gcc' failed|Failed to build/,
    hint: "A dependency is compiled while it is installed: see that python3, make and g++, and the headers it names, are {where}.",
  },
  {
    pattern: /Missing script:|ERR_PNPM_NO_SCRIPT|Command "[^"]+" not found/i,
    hint: "package.json has no such script: add it, or say another command in berth.yaml.",
  },
];
