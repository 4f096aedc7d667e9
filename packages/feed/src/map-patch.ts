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
  for (const entry of after) {
    const known = before.get(entry[0]);
    if (known === undefined || !isSame(known, entry[1])) set.push(entry);
  }
  return { set, delete: [...before.keys()].filter((key) => !after.has(key)) };
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
