const noSuchVersion = /\bE404\b|ERR_PNPM_FETCH_404|No matching version found|ETARGET/;

const rules: readonly { pattern: RegExp; hint: string }[] = [
  {
    pattern:
      /npm ci` can only install|package\.json and package-lock\.json .* are in sync|ERR_PNPM_OUTDATED_LOCKFILE|lockfile would have been (modified|created)|lockfile needs to be updated|lockfile had changes, but lockfile is frozen|YN0028/i,
    hint: "The lockfile does not fit package.json: run your package manager's install, commit the lockfile, and push again.",
  },
  {
    pattern: /can only install with an existing package-lock|ERR_PNPM_NO_LOCKFILE/i,
    hint: "Run your package manager's install, commit the lockfile it writes, and push again.",
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
    pattern: /\bE40[13]\b|ERR_PNPM_FETCH_40[13]|401 Unauthorized|authentication token not provided/i,
    hint: "The registry wants a login: add an .npmrc that takes the token from a build variable of berth.yaml.",
  },
  {
    pattern: noSuchVersion,
    hint: "A dependency is not in the registry in this version: check its name and version.",
  },
  {
    pattern: /ENOTFOUND|EAI_AGAIN|ECONNREFUSED|ETIMEDOUT|getaddrinfo/,
    hint: "Something on the network could not be reached: check the connection and any proxy of this machine, then push again.",
  },
  {
    pattern: /gyp ERR!|node-gyp|make: not found|g\+\+: not found/,
    hint: "A dependency is compiled while it is installed: install python3, make and g++ on this machine.",
  },
  {
    pattern: /Missing script:|ERR_PNPM_NO_SCRIPT|Command "[^"]+" not found/i,
    hint: "package.json has no such script: add it, or say another command in berth.yaml.",
  },
];

/** What to do about a step that failed, by what it printed last; null where nothing better than its own words is known. */
export function hintFor(lines: readonly string[], exitCode: number | null, signal: string | null): string | null {
  const text = lines.join("\n");
  const rule = rules.find(({ pattern }) => pattern.test(text));
  if (rule !== undefined) return rule.hint;
  if (signal === "SIGKILL" || exitCode === 137)
    return "It was killed from outside, most likely for lack of memory: free some on this machine.";
  const missing = /(?:sh: \d+: |sh: (?:line \d+: )?)?([\w./@-]+): (?:command )?(?:not found|Permission denied)/.exec(
    text,
  )?.[1];
  if (exitCode === 127)
    return `${missing ?? "The command"} is not installed: add it to the dependencies of the app, or to this machine.`;
  return null;
}

/** Whether what was printed says that the registry has no such package, or not in this version. */
export function saysNoSuchVersion(lines: readonly string[]): boolean {
  return noSuchVersion.test(lines.join("\n"));
}

/** Whether what was printed says that the disk is full. */
export function saysDiskFull(lines: readonly string[]): boolean {
  return /ENOSPC|No space left on device|ERR_PNPM_ENOSPC|disk quota exceeded|EDQUOT/i.test(lines.join("\n"));
}

const mostLines = 40;
const manualStart = /^npm (error|ERR!) (Clean install a project|Install a package|Usage:)/;
const manualEnd = /^npm (error|ERR!) Run "npm help/;

/** Tells of each line, in order, whether it says something: the pages of its manual that npm prints after an error do not. */
export function makeTelling(): (line: string) => boolean {
  let inManual = false;
  return (line) => {
    if (manualStart.test(line)) inManual = true;
    const isManual = inManual;
    if (manualEnd.test(line)) inManual = false;
    return (
      !isManual && !/^npm (error|ERR!)( (Log files were not written|A complete log of this run).*)?\s*$/.test(line)
    );
  };
}

/** The last lines that say what went wrong, at most 40. */
export function lastLines(lines: readonly string[]): string[] {
  return lines.filter(makeTelling()).slice(-mostLines);
}
