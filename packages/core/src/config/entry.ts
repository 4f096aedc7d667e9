import { type EnvironmentKind, isShortLived } from "../app.ts";

/** Where a setting holds: `all` and `previews` are what they say, anything else is the name of one environment, such as `production`. */
export type ConfigScope = string;

export const allEnvironments: ConfigScope = "all";
export const allPreviews: ConfigScope = "previews";
/** Scopes that are no environments. */
export const scopeNames: readonly ConfigScope[] = [allEnvironments, allPreviews];

/** Which setting: one name has one value at most. */
export interface ConfigName {
  scope: ConfigScope;
  /** Null: of all services. */
  service: string | null;
  key: string;
}

/** A setting as it is stored; its value is a row of its own, named by id, which never changes what it says. */
export interface ConfigEntry extends ConfigName {
  /** The id of its value. */
  value: string;
  setAt: number;
  setBy: string;
}

/** What was drawn for an environment where berth.yaml says `generate`. */
export interface GeneratedValue {
  /** Null: of all services. */
  service: string | null;
  key: string;
  /** The id of its value. */
  value: string;
  drawnAt: number;
}

/** A value as it lies in the store. Sealing it with another key changes `sealed` and `keyId`, never what it says. */
export interface SealedValue {
  id: string;
  app: string;
  /** Nonce, ciphertext and tag, base64url. */
  sealed: string;
  /** Which key opens it. */
  keyId: string;
}

/** The scopes that an environment has its settings from; what a later one says wins. */
export function scopesOf({ name, kind }: { name: string; kind: EnvironmentKind }): ConfigScope[] {
  return [allEnvironments, ...(isShortLived(kind) ? [allPreviews] : []), name];
}

/** `all environments`, `previews`, `production`: with a service, `production, service api`. */
export function scopeWords({ scope, service }: Pick<ConfigName, "scope" | "service">): string {
  const where = scope === allEnvironments ? "all environments" : scope === allPreviews ? "all previews" : scope;
  return service === null ? where : `${where}, service ${service}`;
}

/** What a variable can be called. */
export const keyPattern = /^[A-Za-z_][A-Za-z0-9_]{0,199}$/;

/** A value is at most so long, in bytes: a system takes no more than twice as much in one variable. */
export const maxValueBytes = 64 * 1024;

/** Why a key or its value cannot be set, in a sentence without the value; null where it can. */
export function whyNotSettable(key: string, value: string): string | null {
  if (!keyPattern.test(key)) return `${JSON.stringify(key)} is no name of a variable: letters, digits and _ alone.`;
  if (/^BERTH_/i.test(key)) return `${key} is Berth's own: names that begin with BERTH_ are not set.`;
  if (value.includes("\0")) return `The value of ${key} has a NUL character, which no variable can hold.`;
  const bytes = Buffer.byteLength(value);
  return bytes > maxValueBytes ? `The value of ${key} has ${bytes} bytes; ${maxValueBytes} fit.` : null;
}
