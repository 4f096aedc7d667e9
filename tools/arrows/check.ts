import { existsSync, readFileSync } from "node:fs";
import { isBuiltin } from "node:module";
import { dirname, join, normalize } from "node:path";
import { readReferences, type Reference } from "./imports.ts";
import { checkManifest, packageName, type Use } from "./manifest.ts";
import { rules, siblingsAllowed } from "./rules.ts";
import type { Violation } from "./violation.ts";
import { type Member, readWorkspace } from "./workspace.ts";

/** Everything in apps/ and packages/ that goes against the arrows. Pure but for reading the files under `root`. */
export function checkArrows(root: string): Violation[] {
  const members = readWorkspace(root);
  const rootTools = readRootTools(root);
  return members.flatMap((member) => {
    const violations: Violation[] = [];
    const uses: Use[] = [];
    for (const file of member.files) {
      for (const reference of parse(root, file, violations)) {
        const at = {
          file,
          line: reference.line,
          what: `${reference.kind === "url" ? "names" : "imports"} "${reference.specifier}"`,
        };
        const rule = /^\.\.?(\/|$)/.test(reference.specifier)
          ? judgeRelative(member, members, file, reference)
          : judgeBare(member, members, reference);
        if (rule) violations.push({ ...at, rule });
        else if (isPackage(reference)) uses.push({ ...reference, file, name: packageName(reference.specifier) });
      }
    }
    return [...violations, ...checkManifest(member, uses, rootTools)];
  });
}

function parse(root: string, file: string, violations: Violation[]): Reference[] {
  try {
    return readReferences(file, readFileSync(join(root, file), "utf8"));
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
    violations.push({ file, line: 1, what: error.message, rule: rules.parse });
    return [];
  }
}

function judgeRelative(member: Member, members: Member[], file: string, reference: Reference): string | undefined {
  const target = normalize(join(dirname(file), reference.specifier));
  if (`${target}/`.startsWith(`${member.folder}/`)) {
    // What lies beside src (a script, a measurement) uses the package from outside.
    const fromInside = file.startsWith(`${member.folder}/src/`) && reference.kind === "import";
    return fromInside && target === `${member.folder}/src/index.ts` ? rules.self : undefined;
  }
  // A URL may name data outside (an example, the root); code of another member it may not.
  const owner = members.find((other) => `${target}/`.startsWith(`${other.folder}/`));
  return reference.kind === "import" || owner ? rules.crossing : undefined;
}

function judgeBare(member: Member, members: Member[], { kind, specifier }: Reference): string | undefined {
  if (kind === "url" || !specifier.startsWith("@berth/")) return undefined;
  const name = packageName(specifier);
  if (name === member.name) return rules.self;
  const target = members.find((other) => other.name === name);
  if (!target) return rules.unknown;
  if (target.kind === "app") return rules.app;
  if (member.name === "@berth/core") return rules.core;
  if (member.kind === "package" && name !== "@berth/core" && !siblingsAllowed[member.name]?.includes(name))
    return rules.sibling;
  return `.${specifier.slice(name.length)}` in target.exports ? undefined : rules.deep;
}

function isPackage({ kind, specifier }: Reference): boolean {
  return kind === "import" && !/^(\.|\/|#|data:|file:)/.test(specifier) && !isBuiltin(specifier);
}

function readRootTools(root: string): Set<string> {
  const file = join(root, "package.json");
  if (!existsSync(file)) return new Set();
  const json: { devDependencies?: Record<string, string> } = JSON.parse(readFileSync(file, "utf8"));
  return new Set(Object.keys(json.devDependencies ?? {}));
}
