export interface YarnClassicEntry {
  descriptors: string[];
  /** `version`, `resolved`, `integrity`. */
  fields: Record<string, string>;
  /** Descriptors of what it needs. */
  dependencies: string[];
}

/** Reads a lockfile of yarn 1: entries at the left, their fields indented by two, their dependencies by four. Source: yarn's documentation, yarn.lock. */
export function parseYarnClassic(text: string): YarnClassicEntry[] {
  const entries: YarnClassicEntry[] = [];
  let entry: YarnClassicEntry | null = null;
  let isList = false;
  for (const line of text.split(/\r?\n/)) {
    if (line.trim() === "" || line.startsWith("#")) continue;
    const indent = line.length - line.trimStart().length;
    const words = line.trim();
    if (indent === 0) {
      const descriptors = words.replace(/:$/, "").split(/,\s*/).map(unquote);
      entry = { descriptors, fields: {}, dependencies: [] };
      entries.push(entry);
      isList = false;
      continue;
    }
    if (entry === null) throw new SyntaxError("a field stands before the first entry");
    const [, name = "", value = ""] = /^("[^"]*"|\S+?):?(?:\s+(.*))?$/.exec(words) ?? [];
    if (indent === 2) isList = value === "" && /ependencies/.test(name);
    if (indent === 2 && value !== "") entry.fields[unquote(name)] = unquote(value);
    else if (indent > 2 && isList) entry.dependencies.push(`${unquote(name)}@${unquote(value)}`);
  }
  return entries;
}

function unquote(text: string): string {
  return text.startsWith('"') && text.endsWith('"') ? text.slice(1, -1) : text;
}
