/** Why a service did not come up. */
export interface FailedStart {
  service: string;
  reason: string;
  /** What it printed. */
  lines: readonly string[];
  /** That it was built by; null where that is not known. */
  stack: string | null;
}

const rules: readonly { pattern: RegExp; hint: (service: string) => string }[] = [
  { pattern: /it should listen on/, hint: () => "Leave the host out where it listens, or let it be 0.0.0.0." },
  {
    pattern: /^it answers \d+/,
    hint: (service) => `Mend what it answers there, or set services.${service}.health.path in berth.yaml.`,
  },
  {
    pattern: /has not answered|was not ready/,
    hint: (service) => `Where it needs longer to start, set services.${service}.health.timeout in berth.yaml.`,
  },
  {
    pattern: /used more memory/,
    hint: (service) => `Give it more with services.${service}.resources.memory in berth.yaml.`,
  },
  {
    pattern: /^it fits on no/,
    hint: (service) =>
      `Ask for less with services.${service}.resources in berth.yaml, or make room on the cluster: kubectl describe nodes.`,
  },
  {
    pattern: /^it needs more than the environment's quota/,
    hint: (service) =>
      `Ask for less with services.${service}.resources in berth.yaml, run fewer instances (berth scale), or raise the quota: BERTH_QUOTA at the server.`,
  },
  {
    pattern: /^it may not run so under Pod Security/,
    hint: () =>
      "Have the image run as a numeric user other than 0. Where it does, somebody has made the namespace's labels stricter: kubectl get namespaces --show-labels.",
  },
  {
    pattern: /^it asks for .* in this environment is/,
    hint: (service) =>
      `Ask for what is allowed with services.${service}.resources in berth.yaml, or change the LimitRange: kubectl get limitranges --all-namespaces.`,
  },
  {
    pattern: /^the cluster refuses its pods/,
    hint: () =>
      "Whoever looks after the cluster knows what admits pods there: kubectl get events in its namespace says more.",
  },
  {
    pattern: /cannot be pulled/,
    hint: () => "See that every node reaches that registry and may pull from it.",
  },
  {
    pattern: /^it waits for a node|^it is being prepared on|^its image has no valid name|^its container cannot be made/,
    hint: () => "See what its node says of it: kubectl describe pod, in its namespace.",
  },
  {
    pattern: /^it was (?:evicted from|lost with) its node|^it has failed \(/,
    hint: () => "Push again; where it comes again, see how the nodes are: kubectl describe nodes.",
  },
  {
    pattern: /router has no way to its address/,
    hint: () =>
      "Run Berth on the cluster itself (berth install), on a node of it, or on a machine with a route to its pods.",
  },
  {
    pattern: /line ends of Windows/,
    hint: () => "Commit it with the line ends of Unix: `*.sh text eol=lf` in .gitattributes.",
  },
  {
    pattern: /exited with code 0/,
    hint: () => "A service has to keep running; what ends by itself is no service.",
  },
];

/** How a program of each stack asks for the port. */
const portOf: Readonly<Record<string, string>> = {
  node: "listen(process.env.PORT)",
  deno: 'Deno.serve({ port: Number(Deno.env.get("PORT")) })',
  python: 'int(os.environ["PORT"])',
  ruby: 'ENV["PORT"]',
  php: 'getenv("PORT")',
  go: 'os.Getenv("PORT")',
  rust: 'std::env::var("PORT")',
  java: 'System.getenv("PORT"), or server.port=${PORT}',
  dotnet: 'Environment.GetEnvironmentVariable("PORT")',
  elixir: 'System.get_env("PORT")',
};

/** What to do about a service that does not listen on its port; null where it does. */
function portHint({ reason, stack }: FailedStart): string | null {
  if (!/instead of \$PORT|nothing listens there/.test(reason)) return null;
  const found = /it listens on (\d+) /.exec(reason)?.[1];
  if (stack === "dockerfile") {
    const port = found ?? "3000";
    const which = found === undefined ? "Where it listens on another port, such as 3000, say" : "Say";
    return `${which} so in the Dockerfile, EXPOSE ${port}, or in berth.yaml, env: { PORT: "${port}" }; or listen on the port that PORT says.`;
  }
  const example = portOf[stack ?? ""];
  const such = example === undefined ? "" : `, such as ${example}`;
  return `Listen on the port that the environment variable PORT says${such}.`;
}

/** Node's words for a folder that it may not make on the way to another, although the one above is there. */
const unmakable = /ENOENT: no such file or directory, mkdir '[^']+'/;

/** Node's, Python's, Ruby's and Go's words for a path that may not be written. A port that may not be taken has no path. */
const unwritable =
  /(?:EACCES|EROFS)[:,].*'[^']+'|(?:Permission denied|Read-only file system)(?: @ \w+ -|:) ['/\w]|\b(?:open|mkdir) \S+: (?:permission denied|read-only)/;

const missingPackage = /Cannot find (?:module|package) '((?:@[\w.-]+\/)?[\w][\w.-]*)(?:\/[^']*)?'/;

/** What the runtime notes down about a run, beside what the run itself prints. */
const ownWords = /^(started|exited|was killed|could not be started)\b/;
const missingModule = /No module named '([\w-]+)|cannot load such file -- ([\w-]+)/;
const missingProgram = /([\w./@-]+): (?:command )?not found/;

/** What to do about a service that did not come up, by why it did not and what it printed. */
export function rolloutHint(failed: FailedStart): string {
  const { service, reason, lines } = failed;
  const port = portHint(failed);
  if (port !== null) return port;
  const rule = rules.find(({ pattern }) => pattern.test(reason));
  if (rule !== undefined) return rule.hint(service);
  const missing = lines.flatMap((line) => missingPackage.exec(line)?.[1] ?? [])[0];
  if (missing !== undefined) return `Add ${missing} to the dependencies in package.json, and commit the lockfile too.`;
  const program = lines.flatMap((line) => missingProgram.exec(line)?.[1] ?? [])[0];
  if (program !== undefined && reason.includes("code 127"))
    return `Add what brings ${program} to the dependencies in package.json, or install it on this machine.`;
  const module = lines.map((line) => missingModule.exec(line)).flatMap((match) => match?.[1] ?? match?.[2] ?? [])[0];
  if (module !== undefined)
    return `Add what brings ${module} to the dependencies of the app, or commit it where it is a file of yours.`;
  if (
    [reason, ...lines].some(
      (line) => line.includes("it may not write to") || unwritable.test(line) || unmakable.test(line),
    )
  )
    return `The app's files are read-only: name the folder that it writes to in berth.yaml, such as services.${service}.writable: [${folderIn(lines)}], or write to the temporary folder.`;
  return lines.every((line) => ownWords.test(line))
    ? "It printed nothing: run its command with PORT set on your machine to see why."
    : "What it printed last says why.";
}

/** The folder that Node could not make, where it is the app's. */
function folderIn(lines: readonly string[]): string {
  const path = lines.flatMap((line) => /\bmkdir '(?:\.\/)?([\w][^'\s]*)'/.exec(line)?.[1] ?? [])[0];
  return path === undefined || path.includes("..") ? "uploads" : path;
}
