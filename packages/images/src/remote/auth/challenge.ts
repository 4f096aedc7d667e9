/** One way to log in that a server offers: `Bearer realm="…",service="…",scope="…"`. */
export interface Challenge {
  /** In lower case: `bearer`, `basic`. */
  scheme: string;
  /** By name in lower case. */
  parameters: Readonly<Record<string, string>>;
}

const token = /[!#$%&'*+\-.^_`|~0-9A-Za-z]+/y;
const parameter = /([!#$%&'*+\-.^_`|~0-9A-Za-z]+)\s*=\s*(?:"((?:[^"\\]|\\.)*)"|([^\s,"]+))/y;
const separators = /[\s,]*/y;

/** Reads WWW-Authenticate, in which one header may hold several challenges. Source: RFC 9110, 11.6.1. */
export function parseChallenges(header: string | undefined): Challenge[] {
  const text = header ?? "";
  const challenges: { scheme: string; parameters: Record<string, string> }[] = [];
  let at = 0;
  const take = (pattern: RegExp): RegExpExecArray | null => {
    pattern.lastIndex = at;
    const found = pattern.exec(text);
    if (found !== null) at = pattern.lastIndex;
    return found;
  };
  for (;;) {
    take(separators);
    const pair = take(parameter);
    if (pair !== null) {
      const value = pair[2]?.replace(/\\(.)/g, "$1") ?? pair[3] ?? "";
      const current = challenges.at(-1);
      if (current !== undefined) current.parameters[(pair[1] ?? "").toLowerCase()] = value;
      continue;
    }
    const scheme = take(token);
    if (scheme === null) return challenges;
    challenges.push({ scheme: scheme[0].toLowerCase(), parameters: {} });
  }
}
