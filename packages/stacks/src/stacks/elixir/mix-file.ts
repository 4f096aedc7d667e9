/** What a mix.exs says, as far as its text tells: it is a program, and is not run. */
export interface MixFile {
  /** The application; null for the root of an umbrella. */
  app: string | null;
  /** The first of the releases that it names. */
  release: string | null;
  /** What it asks of Elixir's version. */
  elixir: string | null;
  isUmbrella: boolean;
  dependencies: ReadonlySet<string>;
  /** Folders of the repository that are dependencies. */
  paths: readonly string[];
  aliases: ReadonlySet<string>;
}

export function readMixFile(text: string): MixFile {
  const code = text.replace(/^\s*#.*$/gm, "");
  const all = (pattern: RegExp) => [...code.matchAll(pattern)].map((match) => match[1]!);
  return {
    app: /\bapp:\s*:([a-z]\w*)/.exec(code)?.[1] ?? null,
    release:
      /\breleases:\s*\[\s*([a-z]\w*):/.exec(code)?.[1] ??
      /\bdefp?\s+releases\b[^[]*\[\s*([a-z]\w*):/.exec(code)?.[1] ??
      null,
    elixir: /\belixir:\s*"([^"]+)"/.exec(code)?.[1] ?? null,
    isUmbrella: /\bapps_path:\s*"/.test(code),
    dependencies: new Set(all(/\{\s*:([a-z]\w*)\s*,/g)),
    paths: all(/\bpath:\s*"(?!\.\.)([^"/][^"]*)"/g),
    aliases: new Set(all(/"([a-z][\w.]*)":\s*\[/g)),
  };
}
