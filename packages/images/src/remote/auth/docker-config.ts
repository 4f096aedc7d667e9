import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { BerthError, hasCode } from "@berth/core";
import { isRecord } from "../http/refusal.ts";
import { dockerHub, registryHost } from "../places/place.ts";

/** What Docker's config.json says about logins. */
export interface DockerConfig {
  file: string;
  /** By the registry as it was given to `docker login`. */
  auths: Readonly<Record<string, StoredAuth>>;
  /** By host, the program that keeps its credentials. */
  credHelpers: Readonly<Record<string, string>>;
  /** The program that keeps all others. */
  credsStore: string | null;
}

export interface StoredAuth {
  /** `user:password` in base64. */
  auth?: string;
  username?: string;
  password?: string;
  identitytoken?: string;
  registrytoken?: string;
}

/** What a login is made with. */
export type Login =
  | { kind: "password"; username: string; password: string }
  /** Gets tokens for a registry, where it is exchanged for them. */
  | { kind: "identity"; token: string }
  /** Is itself what the registry takes. */
  | { kind: "bearer"; token: string };

/** The name that Docker keeps the login of Docker Hub under. */
export const hubKey = "https://index.docker.io/v1/";

/** Reads config.json of a folder; null where there is none. Throws `settings.invalid`. */
export async function readDockerConfig(folder: string): Promise<DockerConfig | null> {
  const file = join(folder, "config.json");
  let text: string;
  try {
    text = await readFile(file, "utf8");
  } catch (error) {
    if (hasCode(error, "ENOENT") || hasCode(error, "ENOTDIR")) return null;
    if (hasCode(error, "EACCES")) throw unreadable(file, "may not be read by the user that runs Berth");
    throw error;
  }
  let parsed: unknown;
  try {
    parsed = JSON.parse(text);
  } catch {
    throw unreadable(file, "is not JSON");
  }
  if (!isRecord(parsed)) throw unreadable(file, "is not a JSON object");
  const { auths, credHelpers, credsStore } = parsed;
  return {
    file,
    auths: Object.fromEntries(entriesOf(auths).filter((entry): entry is [string, StoredAuth] => isRecord(entry[1]))),
    credHelpers: Object.fromEntries(
      entriesOf(credHelpers).filter((entry): entry is [string, string] => typeof entry[1] === "string"),
    ),
    credsStore: typeof credsStore === "string" && credsStore !== "" ? credsStore : null,
  };
}

/** The program that keeps the login of a registry, and the name it knows the registry by; null where a file keeps it. */
export function helperOf(config: DockerConfig, host: string): { name: string; server: string } | null {
  const server = host === dockerHub ? hubKey : host;
  const own = Object.entries(config.credHelpers).find(([key]) => hostOfKey(key) === host);
  const name = own?.[1] ?? config.credsStore;
  return name === null || name === "" ? null : { name, server };
}

/** The login that the file itself keeps for a registry, or null. */
export function storedLogin(config: DockerConfig, host: string): Login | null {
  const keys = Object.keys(config.auths).filter((key) => hostOfKey(key) === host);
  // The exact name first, as Docker does; older ones have a scheme and a path.
  keys.sort((a, b) => Number(b === host || b === hubKey) - Number(a === host || a === hubKey));
  for (const key of keys) {
    const login = readAuth(config.auths[key] ?? {});
    if (login !== null) return login;
  }
  return null;
}

/** The registry that a key means: `ghcr.io`, `https://ghcr.io/v2/`, `https://index.docker.io/v1/`. */
function hostOfKey(key: string): string {
  return registryHost(key.replace(/^https?:\/\//, "").split("/", 1)[0] ?? "");
}

function readAuth(auth: StoredAuth): Login | null {
  if (auth.registrytoken) return { kind: "bearer", token: auth.registrytoken };
  if (auth.identitytoken) return { kind: "identity", token: auth.identitytoken };
  const pair = auth.auth ? Buffer.from(auth.auth, "base64").toString().replace(/\0+$/, "") : "";
  const colon = pair.indexOf(":");
  if (colon > 0) return { kind: "password", username: pair.slice(0, colon), password: pair.slice(colon + 1) };
  if (auth.username && auth.password) return { kind: "password", username: auth.username, password: auth.password };
  return null;
}

function entriesOf(value: unknown): [string, unknown][] {
  return isRecord(value) ? Object.entries(value) : [];
}

function unreadable(file: string, why: string): BerthError {
  return new BerthError("settings.invalid", `Docker's configuration ${file} ${why}.`, {
    path: file,
    hint: "Berth takes the logins for registries from it: mend it, or name another folder in DOCKER_CONFIG.",
  });
}
