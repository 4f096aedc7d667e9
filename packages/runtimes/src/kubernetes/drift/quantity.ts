import { schemaText } from "./path.ts";
import type { Path } from "./path.ts";

const suffixes: Readonly<Record<string, number>> = {
  n: 1e-9,
  u: 1e-6,
  m: 1e-3,
  "": 1,
  k: 1e3,
  M: 1e6,
  G: 1e9,
  T: 1e12,
  P: 1e15,
  Ki: 2 ** 10,
  Mi: 2 ** 20,
  Gi: 2 ** 30,
  Ti: 2 ** 40,
  Pi: 2 ** 50,
};

const places = /\.(?:requests|limits|hard|default|defaultRequest|min|max)\.[\w.\-/]+$|\.sizeLimit$/;

/** Whether a field holds a quantity: the API server writes it in its own way, `1000m` as `1`. */
export function isQuantityAt(path: Path): boolean {
  return places.test(schemaText(path));
}

/** The number that a quantity such as `250m`, `1Gi` or `1e3` says; null for what is none. */
export function quantityValue(quantity: unknown): number | null {
  const [, number, exponent = "", suffix = ""] =
    /^([+-]?\d+(?:\.\d*)?|[+-]?\.\d+)(?:([eE][+-]?\d+)|([A-Za-z]*))$/.exec(String(quantity)) ?? [];
  const factor = suffixes[suffix];
  return number === undefined || factor === undefined ? null : Number(`${number}${exponent}`) * factor;
}

export function isSameQuantity(a: unknown, b: unknown): boolean {
  const [one, other] = [quantityValue(a), quantityValue(b)];
  return one !== null && other !== null && Math.abs(one - other) <= 1e-9 * Math.max(1, Math.abs(one));
}
