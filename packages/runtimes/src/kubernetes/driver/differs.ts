/** By which member the items of a list are told apart, by the name of the list. Others are compared as wholes. */
const listKeys: Readonly<Record<string, string>> = {
  containers: "name",
  initContainers: "name",
  env: "name",
  volumes: "name",
  volumeMounts: "mountPath",
  ports: "name",
};

/**
 * The first path at which an object is not as it was applied; null where it is. What the API server has added (defaults,
 * status) and what others have is no difference: only what is said has to be so.
 */
export function findDifference(applied: unknown, live: unknown, path = ""): string | null {
  if (Array.isArray(applied)) {
    if (!Array.isArray(live)) return path;
    const key = keyOf(path.slice(path.lastIndexOf(".") + 1), applied);
    if (key === undefined && applied.length !== live.length) return path;
    return firstOf(applied, (item, index) => {
      const other = key === undefined ? live[index] : live.find((each) => memberOf(each, key) === memberOf(item, key));
      return findDifference(item, other, `${path}[${key === undefined ? index : String(memberOf(item, key))}]`);
    });
  }
  if (typeof applied === "object" && applied !== null) {
    if (typeof live !== "object" || live === null) return isEmpty(applied) ? null : path;
    return firstOf(Object.entries(applied), ([name, value]) =>
      value === undefined ? null : findDifference(value, memberOf(live, name), path === "" ? name : `${path}.${name}`),
    );
  }
  return applied === live ? null : path;
}

function keyOf(list: string, items: readonly unknown[]): string | undefined {
  const key = listKeys[list];
  return key !== undefined && items.every((item) => memberOf(item, key) !== undefined) ? key : undefined;
}

function firstOf<T>(items: readonly T[], find: (item: T, index: number) => string | null): string | null {
  for (const [index, item] of items.entries()) {
    const found = find(item, index);
    if (found !== null) return found;
  }
  return null;
}

function memberOf(value: unknown, name: string): unknown {
  return typeof value === "object" && value !== null ? (value as Record<string, unknown>)[name] : undefined;
}

/** The API server leaves out what is empty. */
function isEmpty(value: object): boolean {
  return Object.values(value).every((member) => member === undefined);
}
