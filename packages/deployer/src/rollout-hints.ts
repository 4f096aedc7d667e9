const rules: readonly { pattern: RegExp; hint: (service: string) => string }[] = [
  {
    pattern: /instead of \$PORT|nothing listens there/,
    hint: () => "Listen on the port that the environment variable PORT says, such as listen(process.env.PORT).",
  },
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
    pattern: /line ends of Windows/,
    hint: () => "Commit it with the line ends of Unix: `*.sh text eol=lf` in .gitattributes.",
  },
  {
    pattern: /exited with code 0/,
    hint: () => "A service has to keep running; what ends by itself is no service.",
  },
];

const missingPackage = /Cannot find (?:module|package) '((?:@[\w.-]+\/)?[\w][\w.-]*)(?:\/[^']*)?'/;

/** What the runtime notes down about a run, beside what the run itself prints. */
const ownWords = /^(started|exited|was killed|could not be started)\b/;
const missingProgram = /([\w./@-]+): (?:command )?not found/;

/** What to do about a service that did not come up, by why it did not and what it printed. */
export function rolloutHint(service: string, reason: string, lines: readonly string[]): string {
  const rule = rules.find(({ pattern }) => pattern.test(reason));
  if (rule !== undefined) return rule.hint(service);
  const missing = lines.flatMap((line) => missingPackage.exec(line)?.[1] ?? [])[0];
  if (missing !== undefined) return `Add ${missing} to the dependencies in package.json, and commit the lockfile too.`;
  const program = lines.flatMap((line) => missingProgram.exec(line)?.[1] ?? [])[0];
  if (program !== undefined && reason.includes("code 127"))
    return `Add what brings ${program} to the dependencies in package.json, or install it on this machine.`;
  return lines.every((line) => ownWords.test(line))
    ? "It printed nothing: run its command with PORT set on your machine to see why."
    : "What it printed last says why.";
}
