import { differingKeys } from "@berth/core";

/** How one map becomes another. As JSON can hold it. */
export interface MapPatch<Key, Value> {
  set: readonly (readonly [Key, Value])[];
  delete: readonly Key[];
}

/** What has changed from `before` to `after`. Values are taken for changed unless `isSame` says otherwise: a patch that names too much does no harm. */
export function makeMapPatch<Key, Value>(
  before: ReadonlyMap<Key, Value>,
  after: ReadonlyMap<Key, Value>,
  isSame: (one: Value, other: Value) => boolean = Object.is,
): MapPatch<Key, Value> {
  const set: [Key, Value][] = [];
  const gone: Key[] = [];
  for (const key of differingKeys(before, after)) {
    const [known, value] = [before.get(key), after.get(key)];
    if (value === undefined) gone.push(key);
    else if (known === undefined || !isSame(known, value)) set.push([key, value]);
  }
  return { set, delete: gone };
}

/** A new map; `before` stays as it was. */
export function applyMapPatch<Key, Value>(
  before: ReadonlyMap<Key, Value>,
  patch: MapPatch<Key, Value>,
): Map<Key, Value> {
  const after = new Map(before);
  for (const key of patch.delete) after.delete(key);
  for (const [key, value] of patch.set) after.set(key, value);
  return after;
}
