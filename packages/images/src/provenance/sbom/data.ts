/** Reading data of which nobody has promised the shape. */
export type Data = Readonly<Record<string, unknown>>;

/** An object; an empty one for anything else. */
export function dataOf(value: unknown): Data {
  return typeof value === "object" && value !== null && !Array.isArray(value) ? (value as Data) : {};
}

/** Its members that are objects, by key. */
export function membersOf(value: unknown): [string, Data][] {
  return Object.entries(dataOf(value)).flatMap(([key, member]): [string, Data][] =>
    typeof member === "object" && member !== null && !Array.isArray(member) ? [[key, dataOf(member)]] : [],
  );
}

export function listOf(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}

export function textOf(value: unknown): string | undefined {
  return typeof value === "string" && value !== "" ? value : undefined;
}
