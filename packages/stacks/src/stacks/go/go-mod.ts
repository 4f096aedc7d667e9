/** What a go.mod says. */
export interface GoMod {
  module: string;
  go: string | null;
  toolchain: string | null;
  /** Modules it needs itself, without those that only others need. */
  requires: string[];
  /** Whether it needs any module at all. */
  hasRequires: boolean;
  /** Folders, relative to it, that stand in for modules. */
  localReplaces: string[];
}

/** What a go.work says. */
export interface GoWork {
  go: string | null;
  toolchain: string | null;
  /** Folders of its modules, relative to it: `.`, `api`, `libs/store`. */
  uses: string[];
}

/** Reads a go.mod leniently. Source: Go Modules Reference, "go.mod files". */
export function readGoMod(text: string): GoMod {
  const lines = directives(text);
  const requires = valuesOf(lines, "require");
  return {
    module: unquoted(valuesOf(lines, "module")[0] ?? ""),
    ...versions(lines),
    requires: requires.filter((line) => !/\/\/\s*indirect/.test(line)).map((line) => unquoted(line.split(/\s+/)[0]!)),
    hasRequires: requires.length > 0,
    localReplaces: valuesOf(lines, "replace").flatMap((line) => {
      const target = unquoted(/=>\s*(\S+)/.exec(line)?.[1] ?? "");
      return /^\.\.?(\/|$)/.test(target) ? [target] : [];
    }),
  };
}

export function readGoWork(text: string): GoWork {
  const lines = directives(text);
  const uses = valuesOf(lines, "use").map((line) => {
    const folder = unquoted(line.replace(/\/\/.*$/, "").trim());
    return folder.replace(/^\.\//, "").replace(/\/+$/, "") || ".";
  });
  return { ...versions(lines), uses };
}

function versions(lines: readonly [string, string][]): Pick<GoMod, "go" | "toolchain"> {
  const toolchain = valuesOf(lines, "toolchain")[0]?.split(/\s+/)[0];
  return {
    go: valuesOf(lines, "go")[0]?.split(/\s+/)[0] ?? null,
    toolchain: toolchain === undefined || toolchain === "default" ? null : toolchain,
  };
}

/** Directives with their values, blocks taken apart; an `// indirect` stays with its line. */
function directives(text: string): [string, string][] {
  const found: [string, string][] = [];
  let block: string | null = null;
  for (const line of text.split("\n").map((each) => each.trim())) {
    if (line === "" || line.startsWith("//")) continue;
    if (block !== null) {
      if (line.startsWith(")")) block = null;
      else found.push([block, line]);
      continue;
    }
    const [, word = "", rest = ""] = /^([a-z]+)\s*(.*)$/.exec(line) ?? [];
    if (/^\(\s*(\/\/.*)?$/.test(rest)) block = word;
    else if (word !== "") found.push([word, rest]);
  }
  return found;
}

function valuesOf(lines: readonly [string, string][], word: string): string[] {
  return lines.filter(([name]) => name === word).map(([, value]) => value);
}

function unquoted(text: string): string {
  return text.replace(/^["`]|["`]$/g, "");
}
