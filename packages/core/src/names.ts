import { createHash } from "node:crypto";
import { scopeNames } from "./config/entry.ts";
import { BerthError } from "./errors.ts";

const appPattern = /^[a-z][a-z0-9-]{1,28}[a-z0-9]$/;
const versionPattern = /^v\d+$/;
const reservedNames = new Set(["console", "api", "git", "registry", "production", "v2"]);
/** A DNS label holds 63 characters, and `<app>--<environment>` is one. */
const maxLabelLength = 63;
const productionName = "production";

function isReserved(name: string): boolean {
  return reservedNames.has(name) || versionPattern.test(name);
}

function isReservedEnvironment(name: string): boolean {
  return isReserved(name) || scopeNames.includes(name);
}

/** Whether an app can have this name. */
export function isAppName(name: string): boolean {
  return appPattern.test(name) && !name.includes("--") && !isReserved(name);
}

/** Throws `app.invalid-name` unless the name can be an app's: it becomes part of a host name. */
export function checkAppName(name: string): void {
  if (isAppName(name)) return;
  const quoted = JSON.stringify(name);
  throw isReserved(name)
    ? new BerthError("app.invalid-name", `The app name ${quoted} is reserved: Berth's own addresses use it.`, {
        path: "name",
        hint: `Choose another, such as ${suggestAppName(name) ?? "my-shop"}.`,
      })
    : new BerthError("app.invalid-name", `The app name ${quoted} does not fit.`, {
        path: "name",
        hint: "Use 3 to 30 characters: a-z, 0-9 and single hyphens, starting with a letter, such as my-shop.",
      });
}

/** The nearest valid app name to any text (a folder's name), or null where nothing of it can be used. */
export function suggestAppName(text: string): string | null {
  const slug = slugOf(text)
    .replace(/^[^a-z]+/, "")
    .slice(0, 30)
    .replace(/-+$/, "");
  const name = isReserved(slug) ? `${slug}-app` : slug;
  return appPattern.test(name) ? name : null;
}

function slugOf(text: string): string {
  return text
    .toLowerCase()
    .replaceAll("ß", "ss")
    .normalize("NFKD")
    .replace(/\p{Mark}+/gu, "")
    .replace(/[^a-z0-9]+/g, "-")
    .replace(/^-+|-+$/g, "");
}

/**
 * The environment a branch gets: its name as a slug, with a stable short hash where the slug is too long,
 * reserved, empty, or already belongs to another branch of the app; a longer one where that does, too.
 */
export function environmentNameOf(app: string, branch: string, isTaken: (name: string) => boolean): string {
  const maxLength = maxLabelLength - app.length - "--".length;
  const slug = slugOf(branch);
  if (slug !== "" && slug.length <= maxLength && !isReservedEnvironment(slug) && !isTaken(slug)) return slug;
  const hash = createHash("sha256").update(branch).digest("hex");
  const withHash = (length: number) => {
    const head = slug.slice(0, maxLength - length - 1).replace(/-+$/, "");
    return `${head === "" ? "b" : head}-${hash.slice(0, length)}`;
  };
  // So short a hash can be that of another branch, or its very name.
  const lengths = [6, 8, 12, 20];
  return withHash(lengths.find((length) => !isTaken(withHash(length))) ?? 24);
}

/** Whether an environment of any app can have this name. */
export function isEnvironmentName(name: string): boolean {
  return name === productionName || (name !== "" && slugOf(name) === name && !isReservedEnvironment(name));
}

/** Throws `input.invalid` unless the text is a slug that can name an environment of this app. */
export function checkEnvironmentName(app: string, name: string): void {
  if (name === productionName) return;
  if (isEnvironmentName(name) && name.length <= maxLabelLength - app.length - 2) return;
  throw new BerthError("input.invalid", `The environment name ${JSON.stringify(name)} does not fit.`, {
    path: "environment",
    hint: `A branch of this name has ${environmentNameOf(app, name, () => false)}, or what \`berth environments list\` shows. Names have a-z, 0-9 and single hyphens; reserved ones and v<number> cannot be used.`,
  });
}

export const production = productionName;

/** The host at which an environment is served: `<app>.<domain>` for production, `<app>--<environment>.<domain>` otherwise. */
export function environmentHost(app: string, environment: string, domain: string): string {
  return environment === productionName ? `${app}.${domain}` : `${app}--${environment}.${domain}`;
}

/** The host of one release of production. */
export function permalinkHost(app: string, version: number, domain: string): string {
  return `${app}--v${version}.${domain}`;
}

/** What a host name asks for below the domain. */
export type HostTarget =
  | { kind: "berth" }
  | { kind: "environment"; app: string; environment: string }
  | { kind: "release"; app: string; version: number };

/** Reads a host name (without port, any case, a trailing dot allowed); null where it is not the domain's. */
export function parseHost(host: string, domain: string): HostTarget | null {
  const name = host.toLowerCase().replace(/\.$/, "");
  if (name === domain) return { kind: "berth" };
  if (!name.endsWith(`.${domain}`)) return null;
  const label = name.slice(0, -domain.length - 1);
  if (label.includes(".")) return null;
  const cut = label.indexOf("--");
  if (cut === -1) return { kind: "environment", app: label, environment: productionName };
  const app = label.slice(0, cut);
  const rest = label.slice(cut + 2);
  if (versionPattern.test(rest)) return { kind: "release", app, version: Number(rest.slice(1)) };
  return { kind: "environment", app, environment: rest };
}
