import {
  isMap,
  isScalar,
  isSeq,
  LineCounter,
  parseDocument,
  visit,
  type Document,
  type Pair,
  type YAMLError,
} from "yaml";
import { configInvalid, type KeyPath, type Position, type Problem } from "./problem.ts";

/** The text of berth.yaml read as YAML: its value, and where in the text each key is. */
export interface YamlDocument {
  value: unknown;
  /** Of a key that is missing: where it should be. Null where nothing of the path is there. */
  position(path: KeyPath): Position | null;
}

const maxTextLength = 256 * 1024;
/** So many aliases are no configuration but an attempt to fill the memory. */
const maxAliasCount = 100;

/** Reads YAML text; throws `config.invalid` for whatever is not one well-formed document that holds a map, or nothing. */
export function readDocument(text: string): YamlDocument {
  return guard(() => read(text));
}

function read(text: string): YamlDocument {
  if (text.length > maxTextLength) throw wrong("expected at most 256 KiB of text", null);
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false, merge: true });
  // The library gives what it has thrown itself as an error of the text, again and again.
  if (document.errors.some(({ message }) => /call stack|stack overflow/i.test(message))) throw tooDeep();
  const positionAt = (offset: number): Position => {
    const { line, col } = lines.linePos(offset);
    return { line: Math.max(line, 1), column: Math.max(col, 1) };
  };
  const [first, ...rest] = [
    ...[...document.errors, ...document.warnings].map((error) => syntaxProblem(error, positionAt)),
    ...keyProblems(document, positionAt),
    ...textProblems(document, positionAt),
  ];
  if (first !== undefined) throw configInvalid([first, ...rest]);
  const isEmpty = document.contents === null || (isScalar(document.contents) && document.contents.value === null);
  if (!isEmpty && !isMap(document.contents)) {
    throw wrong("expected a map, such as `services:` with services below it", positionAt(0));
  }
  keepWrittenText(document);
  return {
    value: withoutEmpty(document.toJS({ maxAliasCount }) ?? {}, null),
    position: (path) => {
      const offset = nearestOffset(document.contents, path);
      return offset === null ? null : positionAt(offset);
    },
  };
}

const explanations: Partial<Record<YAMLError["code"], string>> = {
  DUPLICATE_KEY: "expected each key once, but this one is there before",
  TAB_AS_INDENT: "expected spaces, not a tab",
  MULTIPLE_DOCS: "expected one document, without `---` in between",
  TAG_RESOLVE_FAILED: "expected a plain value, without a tag",
};

function syntaxProblem(error: YAMLError, positionAt: (offset: number) => Position): Problem {
  return { path: [], message: explanations[error.code] ?? error.message, position: positionAt(error.pos[0]) };
}

/** Keys that cannot be used: lists, maps, numbers, nothing. */
function keyProblems(document: Document.Parsed, positionAt: (offset: number) => Position): Problem[] {
  const problems: Problem[] = [];
  visit(document, {
    Pair(_, { key }: Pair) {
      if (isScalar(key) && isUsableKey(key.value)) return;
      const range = typeof key === "object" && key !== null && "range" in key ? (key.range as [number] | null) : null;
      problems.push({
        path: [],
        message: "expected another key: text, and not __proto__",
        position: range ? positionAt(range[0]) : null,
      });
    },
  });
  return problems;
}

/** Text with a NUL: the system takes it neither in a command nor in a variable nor in a path. */
function textProblems(document: Document.Parsed, positionAt: (offset: number) => Position): Problem[] {
  const problems: Problem[] = [];
  visit(document, {
    Scalar(_, { value, range }) {
      if (typeof value !== "string" || !value.includes("\0")) return;
      problems.push({
        path: [],
        message: "expected text without a NUL character",
        position: range == null ? null : positionAt(range[0]),
      });
    },
  });
  return problems;
}

/** Text, but not JavaScript's own `__proto__`; a merge key (`<<`) is a symbol. */
function isUsableKey(key: unknown): boolean {
  return typeof key === "symbol" || (typeof key === "string" && key !== "__proto__");
}

/** Variables and versions are text: `1.10` and `007` mean what is written, not the numbers that YAML makes of them. */
function keepWrittenText(document: Document.Parsed): void {
  visit(document, {
    Pair(_, { key, value }: Pair) {
      if (!isScalar(key)) return;
      if (key.value === "version") keepSource(value);
      if (key.value !== "env" || !isMap(value)) return;
      for (const pair of value.items) {
        keepSource(pair.value);
        if (isMap(pair.value)) keepSource(pair.value.get("default", true));
      }
    },
  });
}

function keepSource(node: unknown): void {
  if (
    isScalar(node) &&
    node.source !== undefined &&
    (typeof node.value === "number" || typeof node.value === "boolean")
  ) {
    node.value = node.source;
  }
}

/** A key with nothing after it is as good as absent, save for a variable without a value and a service that is all default. */
function withoutEmpty(value: unknown, key: string | null): unknown {
  if (Array.isArray(value)) return value.map((item) => withoutEmpty(item, null));
  if (typeof value !== "object" || value === null) return value;
  const keepsEmpty = key === "env" || key === "services";
  return Object.fromEntries(
    Object.entries(value)
      .filter(([, member]) => keepsEmpty || member !== null)
      .map(([name, member]) => [name, withoutEmpty(member, name)]),
  );
}

/** Where a path begins; of a key that is missing, where it should be: by the innermost one that is there. Null where none of it is. */
function nearestOffset(node: unknown, path: KeyPath): number | null {
  if (path.length === 0) return null;
  return offsetOf(node, path) ?? nearestOffset(node, path.slice(0, -1));
}

/** Where the value at a path begins; a key without a value, or one that is not known, by its key. */
function offsetOf(node: unknown, path: KeyPath): number | null {
  const [key, ...rest] = path;
  if (key === undefined) return rangeStart(node);
  if (isSeq(node)) return offsetOf(node.items[Number(key)], rest);
  if (!isMap(node)) return null;
  const pair = node.items.find((item) => isScalar(item.key) && item.key.value === key);
  if (pair === undefined) return null;
  return rest.length === 0 ? rangeStart(pair.key) : offsetOf(pair.value, rest);
}

function rangeStart(node: unknown): number | null {
  if (typeof node !== "object" || node === null || !("range" in node) || !Array.isArray(node.range)) return null;
  return Number(node.range[0]);
}

/** Runs what throws, in the YAML library, for aliases that lead nowhere or grow without bound, and for nesting without end. */
function guard<T>(work: () => T): T {
  try {
    return work();
  } catch (thrown) {
    if (thrown instanceof RangeError) throw tooDeep();
    if (!(thrown instanceof ReferenceError)) throw thrown;
    throw wrong(
      /excessive/i.test(thrown.message)
        ? "expected fewer aliases (`*name`)"
        : "expected an anchor (`&name`) for every alias (`*name`)",
      null,
    );
  }
}

function tooDeep(): Error {
  return wrong("expected fewer levels of nesting", null);
}

function wrong(message: string, position: Position | null): Error {
  return configInvalid([{ path: [], message, position }]);
}
