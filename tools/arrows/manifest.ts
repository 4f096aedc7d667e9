import { entriesAllowed, isTestFile, rules } from "./rules.ts";
import type { Violation } from "./violation.ts";
import type { Member } from "./workspace.ts";

/** An import of another package, by the name that package.json would list. */
export type Use = { name: string; file: string; line: number; typeOnly: boolean };

/** `@scope/name/path` → `@scope/name`, `name/path` → `name`. */
export function packageName(specifier: string): string {
  return specifier.split("/", specifier.startsWith("@") ? 2 : 1).join("/");
}

/** Compares what a member's package.json says with what its files import. `rootTools` are the root's devDependencies. */
export function checkManifest(member: Member, uses: Use[], rootTools: Set<string>): Violation[] {
  return [...checkEntries(member), ...undeclared(member, uses, rootTools), ...unused(member, uses)];
}

function checkEntries(member: Member): Violation[] {
  const allowed = entriesAllowed[member.name] ?? ["."];
  return Object.keys(member.exports)
    .filter((entry) => !allowed.includes(entry))
    .map((entry) => inManifest(member, `"${entry}"`, `exports "${entry}"`, rules.entries));
}

function undeclared(member: Member, uses: Use[], rootTools: Set<string>): Violation[] {
  return uses
    .filter(({ name, file, typeOnly }) => {
      if (member.dependencies.has(name)) return false;
      if (isTestFile(file)) return !member.devDependencies.has(name) && !rootTools.has(name);
      return !typeOnly || !(member.devDependencies.has(name) || member.devDependencies.has(typesOf(name)));
    })
    .map(({ name, file, line }) => ({
      file,
      line,
      what: `imports "${name}", which ${member.folder}/package.json does not list`,
      rule: rules.undeclared,
    }));
}

function unused(member: Member, uses: Use[]): Violation[] {
  // A member that has no source yet lists what it is going to use.
  if (member.files.length === 0) return [];
  const used = new Set(uses.flatMap(({ name }) => [name, typesOf(name)]));
  return [...member.dependencies, ...member.devDependencies]
    .filter((name) => !used.has(name) && name !== "@types/node")
    .map((name) => inManifest(member, `"${name}"`, `lists "${name}", which no file imports`, rules.unused));
}

function typesOf(name: string): string {
  return `@types/${name.replace(/^@/, "").replace("/", "__")}`;
}

function inManifest(member: Member, needle: string, what: string, rule: string): Violation {
  const line = member.manifest.slice(0, member.manifest.indexOf(needle)).split("\n").length;
  return { file: `${member.folder}/package.json`, line, what, rule };
}
