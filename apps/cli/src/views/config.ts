import { scopeWords } from "@berth/core/light";
import { type Style, table } from "../framework/output.ts";
import { ago } from "../framework/units.ts";

export interface Setting {
  key: string;
  scope: string;
  service: string | null;
  value: string;
  setAt: number;
  setBy: string | null;
}

export interface HeldSetting {
  environment: string;
  service: string;
  key: string;
  isUnset: boolean;
}

/** Settings without their values. */
export function settingsTable(settings: readonly Setting[], now: number, style: Style): string {
  const rows = settings
    .toSorted((a, b) => (a.key < b.key ? -1 : a.key > b.key ? 1 : 0))
    .map(({ key, scope, service, setAt, setBy }) => [
      key,
      scope,
      service ?? style.dim("all"),
      ago(setAt, now),
      setBy ?? style.dim("drawn"),
    ]);
  return table(["KEY", "SCOPE", "SERVICE", "SET", "WHO"], rows, style);
}

/** Settings with their values, as a .env file with a comment before each place. */
export function settingsText(settings: readonly Setting[]): string {
  const places = Map.groupBy(settings, (setting) => scopeWords(setting));
  return [...places]
    .map(([place, those]) => [`# ${place}`, ...those.map(({ key, value }) => `${key}=${quoted(value)}`)].join("\n"))
    .join("\n\n");
}

function quoted(value: string): string {
  if (/^[\w./:@%+,-]*$/.test(value)) return value;
  const inner = value.replace(/[\\"]/g, "\\$&").replaceAll("\n", "\\n").replaceAll("\r", "\\r").replaceAll("\t", "\\t");
  return `"${inner}"`;
}

/** Where a rollback keeps what is stored from holding. */
export function heldLines(held: readonly HeldSetting[]): string[] {
  const places = Map.groupBy(held, ({ environment, key, isUnset }) => JSON.stringify([environment, key, isUnset]));
  return [...places.values()].map((those) => {
    const { environment, key, isUnset } = those[0]!;
    const services = those.map(({ service }) => service).join(", ");
    const what = isUnset ? "stays unset" : "stays as it was";
    return `${key} of ${services} in ${environment} ${what}: what is stored was rolled back; berth config set ${key}=… decides anew`;
  });
}
