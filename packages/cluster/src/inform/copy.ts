import type { Change } from "../cluster.ts";
import type { KubeObject } from "../object.ts";

/** All objects of a kind by `<namespace>/<name>`. */
export type Copy<T extends KubeObject> = Map<string, T>;

export function keyOf(namespace: string | null | undefined, name: string): string {
  return `${namespace ?? ""}/${name}`;
}

/** Takes an object into a copy. Null where nothing changed: a watch may tell again what a list has told. */
export function put<T extends KubeObject>(copy: Copy<T>, object: T): Change<T> | null {
  const key = keyOf(object.metadata.namespace, object.metadata.name);
  const before = copy.get(key);
  if (before !== undefined && isSame(before, object)) return null;
  copy.set(key, object);
  return before === undefined ? { kind: "added", object, before: null } : { kind: "changed", object, before };
}

/** Takes an object out of a copy. Null where it was not in. */
export function drop<T extends KubeObject>(copy: Copy<T>, object: T): Change<T> | null {
  const key = keyOf(object.metadata.namespace, object.metadata.name);
  const before = copy.get(key);
  if (before === undefined) return null;
  copy.delete(key);
  return { kind: "removed", object, before };
}

/** Makes a copy what a new list says. What is gone is told with its last known state, and before what came: a name may be of another object by now. */
export function replaceAll<T extends KubeObject>(copy: Copy<T>, items: readonly T[]): Change<T>[] {
  const listed = new Set(items.map(({ metadata }) => keyOf(metadata.namespace, metadata.name)));
  const gone = [...copy].filter(([key]) => !listed.has(key)).map(([, object]) => object);
  const changes = [...gone.map((object) => drop(copy, object)), ...items.map((object) => put(copy, object))];
  return changes.filter((change) => change !== null);
}

function isSame({ metadata: a }: KubeObject, { metadata: b }: KubeObject): boolean {
  return a.uid === b.uid && a.resourceVersion === b.resourceVersion && a.resourceVersion !== undefined;
}
