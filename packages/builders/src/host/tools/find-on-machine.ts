import { mkdir, rename, writeFile } from "node:fs/promises";
import { readdirSync, readFileSync, realpathSync, statSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import semver from "semver";
import type { Clock, Random } from "@berth/core";
import type { Machine } from "../deps.ts";
import { runProcess } from "../process/run.ts";
import { machineTools } from "./machine-tools.ts";
import type { MachineTool } from "./machine-tools.ts";
import { fitsVersion } from "./version-range.ts";

/** A tool of the machine, and the program that it is. */
export interface FoundTool {
  file: string;
  version: string;
}

/** Finds tools on the machine. What programs say of themselves is remembered while their files stay the same. */
export interface MachineFinder {
  /** The tool that fits, as far as it is known without starting a program. */
  known(tool: string, wanted: string): FoundTool | null;
  /** All versions that are there, the one to be used first, where one fits. */
  find(tool: string, wanted: string): Promise<{ fitting: FoundTool | null; others: readonly FoundTool[] }>;
}

interface Remembered {
  mtimeMs: number;
  sizeBytes: number;
  /** Null where it is no such tool. */
  found: FoundTool | null;
}

interface FinderDeps {
  home: string;
  machine: Machine;
  clock: Clock;
  random: Random;
}

const probeTimeoutMs = 20_000;

export function makeMachineFinder(deps: FinderDeps): MachineFinder {
  const path = join(deps.home, "tools", "machine.json");
  const remembered = load(path);
  let saving: Promise<void> = Promise.resolve();
  const keyOf = (tool: string, file: string) => `${tool} ${file}`;

  function recall(tool: string, file: string): Remembered | null {
    const entry = remembered.get(keyOf(tool, file));
    const stat = statSync(file, { throwIfNoEntry: false });
    const isSame = entry !== undefined && stat?.mtimeMs === entry.mtimeMs && stat.size === entry.sizeBytes;
    return isSame ? entry : null;
  }

  async function probe(tool: string, description: MachineTool, file: string): Promise<FoundTool | null> {
    const known = recall(tool, file);
    if (known !== null) return known.found;
    const { machine, clock, random } = deps;
    const marker = Buffer.from(random.bytes(12)).toString("hex");
    const env = { ...machine.env, PATH: `${dirname(file)}:${machine.path}`, HOME: machine.homeFolder };
    const argv = [file, ...description.probe];
    const spec = { argv, cwd: machine.homeFolder, env, timeoutMs: probeTimeoutMs, marker };
    const result = await runProcess(spec, () => undefined, new AbortController().signal, clock);
    const text = result.exitCode === 0 ? result.lines.join("\n") : "";
    const version = description.pattern.exec(text)?.[1];
    // Python says after its version where it really is.
    const real = /^[\d.]+\S* (\/\S+)$/m.exec(text)?.[1];
    const found = version === undefined ? null : { file: real ?? file, version };
    const stat = statSync(file);
    remembered.set(keyOf(tool, file), { mtimeMs: stat.mtimeMs, sizeBytes: stat.size, found });
    // One after the other: they have one draft. To lose it costs a few starts of programs.
    saving = saving.then(() => save(path, remembered)).catch(() => {});
    await saving;
    return found;
  }

  return {
    known(tool, wanted) {
      const description = machineTools[tool];
      if (description === undefined) return null;
      const found = candidates(description, wanted, deps.machine).map((file) => recall(tool, file));
      // With one that was never asked the answer may be another.
      if (found.includes(null)) return null;
      return choose(
        description,
        wanted,
        found.flatMap((entry) => entry?.found ?? []),
      );
    },
    async find(tool, wanted) {
      const description = machineTools[tool];
      if (description === undefined) return { fitting: null, others: [] };
      const found: FoundTool[] = [];
      for (const file of candidates(description, wanted, deps.machine)) {
        const one = await probe(tool, description, file);
        if (one !== null && !found.some(({ file }) => file === one.file)) found.push(one);
      }
      return { fitting: choose(description, wanted, found), others: found };
    },
  };
}

/** The first that fits in PATH's order; where none does that is there first, the newest that fits. */
function choose({ fit }: MachineTool, wanted: string, found: readonly FoundTool[]): FoundTool | null {
  // A channel, such as Rust's nightly.
  const named = /^[a-z]+/.exec(wanted)?.[0];
  const channel = named === undefined ? undefined : found.find(({ file }) => file.includes(`/${named}-`));
  if (channel !== undefined) return channel;
  const fitting = found.filter(({ version }) => fitsVersion(version, wanted, fit));
  const first = fitting[0];
  if (first === undefined || first === found[0]) return first ?? null;
  const newest = (a: FoundTool, b: FoundTool) =>
    semver.rcompare(semver.coerce(a.version) ?? "0.0.0", semver.coerce(b.version) ?? "0.0.0");
  return fitting.toSorted(newest)[0] ?? null;
}

function candidates(description: MachineTool, wanted: string, machine: Machine): string[] {
  const short = /\d+(\.\d+)?/.exec(wanted)?.[0] ?? "";
  const names = description.programs.map((program) => program.replace("{version}", short));
  const inPath = machine.path.split(":").filter((folder) => folder !== "");
  const further = description.folders.flatMap((pattern) => expand(pattern, machine.homeFolder));
  const folders = description.foldersFirst ? [...further, ...inPath] : [...inPath, ...further];
  const found = new Map<string, string>();
  for (const folder of folders) {
    for (const name of names) {
      const file = join(folder, name);
      const stat = statSync(file, { throwIfNoEntry: false });
      if (stat?.isFile() !== true || (stat.mode & 0o111) === 0) continue;
      // A name may be a link to a program of all names, such as rustup's.
      const real = realpathSync(file);
      if (!found.has(real)) found.set(real, basename(real) === basename(file) || isVersioned(real, name) ? real : file);
    }
  }
  return [...found.values()];
}

/** Whether the program behind a link is the same with its version in its name: `python3` and `python3.11`. */
function isVersioned(real: string, name: string): boolean {
  return basename(real).replace(/[\d.]+$/, "") === name.replace(/[\d.]+$/, "");
}

function expand(pattern: string, homeFolder: string): string[] {
  const path = pattern.replace(/^~/, homeFolder);
  const star = path.indexOf("*");
  if (star === -1) return [path];
  const before = path.slice(0, star);
  try {
    return readdirSync(before).map((name) => before + name + path.slice(star + 1));
  } catch {
    return [];
  }
}

function load(path: string): Map<string, Remembered> {
  try {
    const entries: Record<string, Remembered> = JSON.parse(readFileSync(path, "utf8"));
    return new Map(Object.entries(entries));
  } catch {
    // It is made again by asking the programs.
    return new Map();
  }
}

async function save(path: string, remembered: ReadonlyMap<string, Remembered>): Promise<void> {
  await mkdir(dirname(path), { recursive: true });
  await writeFile(`${path}.draft`, JSON.stringify(Object.fromEntries(remembered)));
  await rename(`${path}.draft`, path);
}
