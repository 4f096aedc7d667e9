import { parseSync } from "oxc-parser";

/**
 * Something that a file refers to by a literal specifier. `import` covers import and export statements, `import()`,
 * `require` and `*.resolve`; `url` is `new URL("…", import.meta.url)`, which names a file without importing it.
 */
export type Reference = { kind: "import" | "url"; specifier: string; typeOnly: boolean; line: number };

type Node = { type: string; start: number; [key: string]: unknown };

/** Every literal reference of a TypeScript or JavaScript source, in order. Throws on a syntax error. */
export function readReferences(fileName: string, text: string): Reference[] {
  const { program, errors } = parseSync(fileName, text);
  const broken = errors.find((error) => error.severity === "Error");
  if (broken) throw new SyntaxError(`${fileName}: ${broken.message}`);
  const found: Reference[] = [];
  const lineOf = (offset: number): number => text.slice(0, offset).split("\n").length;
  walk(program, (node) => {
    const reference = refer(node);
    if (reference) found.push({ ...reference, line: lineOf(node.start) });
  });
  return found;
}

function walk(value: unknown, visit: (node: Node) => void): void {
  if (Array.isArray(value)) {
    for (const item of value) walk(item, visit);
  } else if (isNode(value)) {
    visit(value);
    for (const child of Object.values(value)) if (typeof child === "object") walk(child, visit);
  }
}

function refer(node: Node): Omit<Reference, "line"> | undefined {
  switch (node.type) {
    case "ImportDeclaration":
      return reference("import", node["source"], node["importKind"] === "type" || allTypes(node["specifiers"]));
    case "ExportNamedDeclaration":
    case "ExportAllDeclaration":
      return reference("import", node["source"], node["exportKind"] === "type");
    case "ImportExpression":
      return reference("import", node["source"], false);
    case "TSImportType":
      return reference("import", node["source"] ?? node["argument"], true);
    case "CallExpression":
      return resolves(node["callee"]) ? reference("import", first(node["arguments"]), false) : undefined;
    case "NewExpression":
      return isNamed(node["callee"], "URL") ? reference("url", first(node["arguments"]), false) : undefined;
    default:
      return undefined;
  }
}

function reference(kind: Reference["kind"], source: unknown, typeOnly: boolean): Omit<Reference, "line"> | undefined {
  if (!isNode(source)) return undefined;
  if (source.type === "TSLiteralType") return reference(kind, source["literal"], typeOnly);
  return typeof source["value"] === "string" ? { kind, specifier: source["value"], typeOnly } : undefined;
}

/** `require(…)`, `require.resolve(…)`, `import.meta.resolve(…)`. */
function resolves(callee: unknown): boolean {
  if (!isNode(callee)) return false;
  if (callee.type !== "MemberExpression") return isNamed(callee, "require");
  const { object } = callee;
  return (
    isNamed(callee["property"], "resolve") &&
    isNode(object) &&
    (object.type === "MetaProperty" || isNamed(object, "require"))
  );
}

function allTypes(specifiers: unknown): boolean {
  return Array.isArray(specifiers) && specifiers.length > 0 && specifiers.every((one) => one.importKind === "type");
}

function first(list: unknown): unknown {
  return Array.isArray(list) ? list[0] : undefined;
}

function isNamed(node: unknown, name: string): boolean {
  return isNode(node) && node.type === "Identifier" && node["name"] === name;
}

function isNode(value: unknown): value is Node {
  return typeof value === "object" && value !== null && "type" in value && typeof value.type === "string";
}
