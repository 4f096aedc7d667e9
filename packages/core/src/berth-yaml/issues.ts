import type { z } from "zod";
import type { KeyPath } from "./problem.ts";
import { unknownKey, type KnownKeys } from "./unknown-key.ts";

type Issue = z.core.$ZodIssue;
/** A problem before its place in the text is known. */
export interface Expectation {
  path: KeyPath;
  message: string;
}

const typeNames: Record<string, string> = {
  string: "text",
  number: "a number",
  int: "a whole number",
  boolean: "true or false",
  object: "a map",
  record: "a map",
  array: "a list",
};

/** What the schema says is wrong, as a person reads it: the path, and what was expected there. `keys` names those that are known. */
export function expectations(issues: readonly Issue[], keys: KnownKeys, base: KeyPath = []): Expectation[] {
  return issues.flatMap((issue) => {
    const path = [...base, ...issue.path.map((key) => (typeof key === "number" ? key : String(key)))];
    switch (issue.code) {
      case "unrecognized_keys":
        return issue.keys.map((key) => ({ path: [...path, key], message: unknownKey(key, path, keys) }));
      case "invalid_union":
        return union(issue, path, keys);
      case "invalid_key":
        return issue.issues.slice(0, 1).map(({ message }) => ({ path, message }));
      case "invalid_type":
        return [
          { path, message: `expected ${typeNames[issue.expected] ?? issue.expected}${exampleOf(issue, path, keys)}` },
        ];
      case "too_small":
        return [
          { path, message: issue.origin === "string" ? "expected some text" : `expected at least ${issue.minimum}` },
        ];
      case "too_big":
        return [{ path, message: `expected at most ${issue.maximum}` }];
      case "invalid_value":
        return [{ path, message: `expected one of ${issue.values.map(String).join(", ")}` }];
      default:
        return [{ path, message: issue.message }];
    }
  });
}

/** How a map begins whose keys are known: `, such as { command: … }`. */
function exampleOf({ expected }: Extract<Issue, { code: "invalid_type" }>, path: KeyPath, { at }: KnownKeys): string {
  const [first] = expected === "object" && path.length > 0 ? at(path) : [];
  return first === undefined ? "" : ` such as { ${first}: … }`;
}

/** Of the alternatives that do not fit: the one whose type fits and whose inside is wrong; else all their types in one sentence. */
function union(issue: Extract<Issue, { code: "invalid_union" }>, path: KeyPath, keys: KnownKeys): Expectation[] {
  const near = issue.errors.find(
    (issues) => !issues.some(({ code, path }) => code === "invalid_type" && path.length === 0),
  );
  if (near !== undefined) return expectations(near, keys, path);
  const types = issue.errors.flatMap(([first]) =>
    first?.code === "invalid_type" ? [typeNames[first.expected] ?? first.expected] : [],
  );
  const last = types.at(-1) ?? "another value";
  return [{ path, message: `expected ${types.length > 1 ? `${types.slice(0, -1).join(", ")} or ` : ""}${last}` }];
}
