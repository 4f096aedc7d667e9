/** What the last stage of a Dockerfile says about the image that it makes. */
export interface DockerfileView {
  /** The image that the last stage stands on, through stages of the file itself; null where that is `scratch` or hangs on a build argument without a default. */
  from: string | null;
  env: Record<string, string>;
  /** TCP ports of EXPOSE, in their order. */
  ports: readonly number[];
  /** Whether the file itself says what is started. */
  hasCommand: boolean;
}

interface Stage {
  name: string | null;
  from: string;
  /** Arguments and variables, by which later lines are filled in. */
  known: Record<string, string>;
  env: Record<string, string>;
  ports: number[];
  hasCommand: boolean;
}

/** Reads a Dockerfile as far as it tells how to run the image; null where it has no stage. Source: Dockerfile reference, "Format", "Parser directives", "Environment replacement". */
export function readDockerfile(text: string): DockerfileView | null {
  const globals: Record<string, string> = {};
  const stages: Stage[] = [];
  for (const { word, rest } of instructions(text)) {
    const stage = stages.at(-1);
    if (word === "FROM") stages.push(beginStage(rest, globals, stages));
    else if (stage === undefined) {
      if (word === "ARG") Object.assign(globals, variables(rest, globals));
    } else if (word === "ARG") Object.assign(stage.known, { ...pick(globals, rest), ...variables(rest, stage.known) });
    else if (word === "ENV") {
      const set = variables(rest, stage.known);
      Object.assign(stage.env, set);
      Object.assign(stage.known, set);
    } else if (word === "EXPOSE") stage.ports.push(...readPorts(expand(rest, stage.known)));
    else if (word === "CMD" || word === "ENTRYPOINT") stage.hasCommand = true;
  }
  const last = stages.at(-1);
  if (last === undefined) return null;
  const { env, hasCommand } = last;
  const from = last.from === "" || last.from === "scratch" ? null : last.from;
  return { from, env, ports: [...new Set(last.ports)], hasCommand };
}

/** A stage with what it takes over from an earlier one it stands on. */
function beginStage(rest: string, globals: Readonly<Record<string, string>>, stages: readonly Stage[]): Stage {
  const words = rest.split(/\s+/).filter((word) => !word.startsWith("--"));
  const image = expand(words[0] ?? "", globals);
  const name = words[1]?.toUpperCase() === "AS" ? (words[2] ?? "").toLowerCase() : null;
  const parent = stages.find((stage) => stage.name === image.toLowerCase());
  if (parent === undefined) return { name, from: image, known: {}, env: {}, ports: [], hasCommand: false };
  const { from, env, ports, hasCommand } = parent;
  return { name, from, known: { ...env }, env: { ...env }, ports: [...ports], hasCommand };
}

/** Instructions with their continued lines joined; comments and the bodies of here-documents are left out. */
function instructions(text: string): { word: string; rest: string }[] {
  const escape = /^#\s*escape\s*=\s*`\s*$/im.test(text.split(/\n(?!#)/, 1)[0] ?? "") ? "`" : "\\";
  const found: { word: string; rest: string }[] = [];
  let joined = "";
  let ends: string[] = [];
  for (const line of text.split(/\r?\n/)) {
    if (ends.length > 0) {
      if (line.trim() === ends[0]) ends = ends.slice(1);
      continue;
    }
    if (/^\s*#/.test(line)) continue;
    const trimmed = line.trimEnd();
    if (trimmed.endsWith(escape)) {
      joined += `${trimmed.slice(0, -1)} `;
      continue;
    }
    const match = /^\s*([A-Za-z]+)\s+(.*)$/.exec(joined + trimmed);
    if (joined !== "" && trimmed === "") continue;
    joined = "";
    if (match === null) continue;
    const [, word = "", rest = ""] = match;
    found.push({ word: word.toUpperCase(), rest: rest.trim() });
    ends = [...rest.matchAll(/<<-?\s*["']?([A-Za-z_]\w*)["']?/g)].map((each) => each[1]!);
  }
  return found;
}

/** `A=1 B="two words"`, or the old form `A the rest`; without a value nothing is set. */
function variables(rest: string, known: Readonly<Record<string, string>>): Record<string, string> {
  const old = /^([A-Za-z_]\w*)\s+([^=].*)$/.exec(rest);
  if (old !== null && !rest.split(/\s+/, 1)[0]!.includes("=")) return { [old[1]!]: expand(unquoted(old[2]!), known) };
  const pairs = rest.matchAll(/([A-Za-z_]\w*)=("(?:[^"\\]|\\.)*"|'[^']*'|[^\s]*)/g);
  return Object.fromEntries([...pairs].map(([, name, value]) => [name!, expand(unquoted(value!), known)]));
}

function pick(globals: Readonly<Record<string, string>>, rest: string): Record<string, string> {
  const names = rest.split(/\s+/).filter((name) => globals[name] !== undefined);
  return Object.fromEntries(names.map((name) => [name, globals[name]!]));
}

function unquoted(value: string): string {
  return /^(".*"|'.*')$/.test(value) ? value.slice(1, -1) : value;
}

/** Fills in `$A`, `${A}`, `${A:-default}` and `${A:+other}`. */
function expand(text: string, known: Readonly<Record<string, string>>): string {
  return text.replace(
    /\$(?:([A-Za-z_]\w*)|\{([A-Za-z_]\w*)(?::([-+])([^}]*))?\})/g,
    (_, plain: string | undefined, braced: string | undefined, kind: string | undefined, word: string | undefined) => {
      const value = known[(plain ?? braced)!] ?? "";
      if (kind === "-") return value === "" ? (word ?? "") : value;
      if (kind === "+") return value === "" ? "" : (word ?? "");
      return value;
    },
  );
}

function readPorts(rest: string): number[] {
  return rest
    .split(/\s+/)
    .map((word) => /^["']?(\d{1,5})(?:-\d+)?(?:\/tcp)?["']?$/i.exec(word)?.[1])
    .filter((port) => port !== undefined)
    .map(Number)
    .filter((port) => port > 0 && port < 65_536);
}
