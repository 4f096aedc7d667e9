/** Stands in a layer for what is gone. */
const gone = Symbol("gone");

type Layer<Key, Value> = ReadonlyMap<Key, Value | typeof gone>;

/**
 * A map that never changes, and of which a changed copy costs what the change does: a layer of the latest changes in front of a map that all copies
 * share. When the layer has grown to a small part of the whole, both become one map. Values are not undefined. What is set anew comes last
 * where it is iterated over.
 */
export class LayeredMap<Key, Value> implements ReadonlyMap<Key, Value> {
  readonly size: number;
  readonly #base: ReadonlyMap<Key, Value>;
  readonly #layer: Layer<Key, Value>;

  private constructor(base: ReadonlyMap<Key, Value>, layer: Layer<Key, Value>, size: number) {
    this.#base = base;
    this.#layer = layer;
    this.size = size;
  }

  /** The same entries. The map is not copied, and must not change from now on. */
  static from<Key, Value>(map: ReadonlyMap<Key, Value>): LayeredMap<Key, Value> {
    return map instanceof LayeredMap ? map : new LayeredMap<Key, Value>(map, new Map(), map.size);
  }

  /** A copy without these keys, and with these entries. */
  with(set: Iterable<readonly [Key, Value]>, deleted: Iterable<Key> = []): LayeredMap<Key, Value> {
    const layer = new Map(this.#layer);
    let { size } = this;
    const has = (key: Key) => (layer.has(key) ? layer.get(key) !== gone : this.#base.has(key));
    for (const key of deleted) {
      if (has(key)) size--;
      layer.delete(key);
      if (this.#base.has(key)) layer.set(key, gone);
    }
    for (const [key, value] of set) {
      if (!has(key)) size++;
      layer.delete(key);
      layer.set(key, value);
    }
    const changed = new LayeredMap(this.#base, layer, size);
    return layer.size <= mostOf(this.#base.size) ? changed : new LayeredMap(new Map(changed), new Map(), size);
  }

  get(key: Key): Value | undefined {
    const value = this.#layer.get(key);
    return value === undefined ? this.#base.get(key) : value === gone ? undefined : value;
  }

  has(key: Key): boolean {
    return this.get(key) !== undefined;
  }

  *entries(): MapIterator<[Key, Value]> {
    for (const entry of this.#base) if (!this.#layer.has(entry[0])) yield entry;
    for (const [key, value] of this.#layer) if (value !== gone) yield [key, value];
  }

  *keys(): MapIterator<Key> {
    for (const [key] of this.entries()) yield key;
  }

  *values(): MapIterator<Value> {
    for (const [, value] of this.entries()) yield value;
  }

  [Symbol.iterator](): MapIterator<[Key, Value]> {
    return this.entries();
  }

  forEach(call: (value: Value, key: Key, map: ReadonlyMap<Key, Value>) => void): void {
    for (const [key, value] of this) call(value, key, this);
  }

  /** The keys by which two maps may differ, where they are copies of the same one, or that itself; null where they are not. */
  static layeredKeys<Key, Value>(one: ReadonlyMap<Key, Value>, other: ReadonlyMap<Key, Value>): Set<Key> | null {
    const [first, second] = [LayeredMap.from(one), LayeredMap.from(other)];
    return first.#base === second.#base ? new Set([...first.#layer.keys(), ...second.#layer.keys()]) : null;
  }
}

/** How large a layer may be in front of so many entries: each change copies it, and each time it is full all of the rest. */
function mostOf(size: number): number {
  return 64 + size / 32;
}

/** The keys whose values are not the same in both maps, and those that one of them lacks. Of copies of the same map only what was changed is looked at. */
export function differingKeys<Key, Value>(before: ReadonlyMap<Key, Value>, after: ReadonlyMap<Key, Value>): Key[] {
  if (before === after) return [];
  const differs = (key: Key) => !Object.is(before.get(key), after.get(key));
  const layered = LayeredMap.layeredKeys(before, after);
  if (layered !== null) return [...layered].filter(differs);
  const keys: Key[] = [];
  for (const [key, value] of after) if (!Object.is(before.get(key), value)) keys.push(key);
  for (const key of before.keys()) if (!after.has(key)) keys.push(key);
  return keys;
}
