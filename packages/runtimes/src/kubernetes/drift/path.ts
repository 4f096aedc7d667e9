/** One step on the way to a field, as managed fields have it: by name, by the key of a list's item, or by a value of a set. */
export type Step =
  | { kind: "field"; name: string }
  | { kind: "item"; key: Readonly<Record<string, unknown>> }
  | { kind: "value"; value: unknown };

export type Path = readonly Step[];

export function field(name: string): Step {
  return { kind: "field", name };
}

export function pathOf(...names: string[]): Path {
  return names.map(field);
}

/** For people: `spec.template.spec.containers[app].env[LEVEL].value`, `metadata.labels["dev.berth/app"]`. */
export function pathText(path: Path): string {
  return path.reduce((text, step) => {
    if (step.kind === "item") return `${text}[${Object.values(step.key).map(String).join("/")}]`;
    if (step.kind === "value") return `${text}[${String(step.value)}]`;
    if (/[^\w-]/.test(step.name)) return `${text}[${JSON.stringify(step.name)}]`;
    return text === "" ? step.name : `${text}.${step.name}`;
  }, "");
}

/** The names alone, as a schema has them: `spec.template.spec.containers.env`. */
export function schemaText(path: Path): string {
  return path.flatMap((step) => (step.kind === "field" ? [step.name] : [])).join(".");
}

/** What is at a step from a value; undefined where nothing is. */
export function follow(value: unknown, step: Step): unknown {
  const place = placeOf(value, step);
  return place === null ? undefined : memberOf(value, String(place));
}

/** A JSON pointer to what is at a path; null where nothing is. */
export function pointerTo(root: unknown, path: Path): readonly (string | number)[] | null {
  let value = root;
  const pointer: (string | number)[] = [];
  for (const step of path) {
    const place = placeOf(value, step);
    if (place === null) return null;
    pointer.push(place);
    value = follow(value, step);
  }
  return pointer;
}

export function memberOf(value: unknown, name: string): unknown {
  return typeof value === "object" && value !== null && Object.hasOwn(value, name)
    ? (value as Record<string, unknown>)[name]
    : undefined;
}

function placeOf(value: unknown, step: Step): string | number | null {
  if (step.kind === "field") return memberOf(value, step.name) === undefined ? null : step.name;
  if (!Array.isArray(value)) return null;
  const index = value.findIndex((item) => (step.kind === "item" ? hasKey(item, step.key) : item === step.value));
  return index === -1 ? null : index;
}

function hasKey(item: unknown, key: Readonly<Record<string, unknown>>): boolean {
  return Object.entries(key).every(([name, value]) => (memberOf(item, name) ?? keyDefaults[name]) === value);
}

/** What the API server takes a member of a key to be that is not said. */
export const keyDefaults: Readonly<Record<string, unknown>> = { protocol: "TCP" };
