import { itemSteps } from "./list-keys.ts";
import { field, follow, memberOf } from "./path.ts";
import type { Path } from "./path.ts";
import { isQuantityAt, isSameQuantity } from "./quantity.ts";

export interface Difference {
  path: Path;
  desired: unknown;
  /** Undefined where it is gone. */
  found: unknown;
}

/** Where an object is not as it was applied. What the API server has added by itself (defaults, status) is no difference. */
export function findDifferences(desired: unknown, live: unknown, path: Path = []): Difference[] {
  if (isNothing(desired) && isNothing(live)) return [];
  const whole = [{ path, desired, found: live }];
  if (Array.isArray(desired)) {
    if (!Array.isArray(live)) return whole;
    const stepTo = itemSteps(path);
    if (stepTo === null) return isCovered(desired, live, path) ? [] : whole;
    return desired.flatMap((item) => findDifferences(item, follow(live, stepTo(item)), [...path, stepTo(item)]));
  }
  if (typeof desired === "object" && desired !== null) {
    if (typeof live !== "object" || live === null) return whole;
    return Object.entries(desired).flatMap(([name, value]) =>
      value === undefined ? [] : findDifferences(value, memberOf(live, name), [...path, field(name)]),
    );
  }
  return isSame(desired, live, path) ? [] : whole;
}

/** Of a list that is one value: in its order, each item with what was said and what is left out by default. */
function isCovered(desired: readonly unknown[], live: readonly unknown[], path: Path): boolean {
  const isAlike = desired.length === live.length;
  return isAlike && desired.every((item, index) => findDifferences(item, live[index], path).length === 0);
}

function isSame(desired: unknown, live: unknown, path: Path): boolean {
  return desired === live || (isQuantityAt(path) && isSameQuantity(desired, live));
}

/** The API server leaves out what is empty. */
function isNothing(value: unknown): boolean {
  if (value === undefined || value === null) return true;
  return typeof value === "object" && Object.values(value).every((member) => member === undefined);
}
