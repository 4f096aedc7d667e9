import { join } from "node:path";
import type { CredentialsUse } from "../http/problem.ts";
import { readDockerConfig, helperOf, storedLogin } from "./docker-config.ts";
import type { Login } from "./docker-config.ts";
import { askHelper } from "./helper.ts";
import type { HelperDeps } from "./helper.ts";

/** The login for a registry, or null, and how to name either. */
export interface FoundLogin {
  login: Login | null;
  use: CredentialsUse;
}

/** Finds logins where `docker login` leaves them. Read anew each time, so that a login made meanwhile counts. */
export interface Credentials {
  find(host: string, signal: AbortSignal): Promise<FoundLogin>;
}

export interface CredentialsDeps extends HelperDeps {
  /** The folder of Docker's config.json. */
  folder: string;
}

export function makeCredentials(deps: CredentialsDeps): Credentials {
  return {
    async find(host, signal) {
      const config = await readDockerConfig(deps.folder);
      if (config === null) return missing(`none: there is no ${join(deps.folder, "config.json")}`);
      const helper = helperOf(config, host);
      const kept = helper === null ? null : await askHelper(deps, helper.name, helper.server, signal);
      if (kept !== null) return found(kept, `docker-credential-${helper?.name}`);
      const stored = storedLogin(config, host);
      if (stored !== null) return found(stored, config.file);
      const asked = helper === null ? "" : ` and docker-credential-${helper.name}`;
      return missing(`none for ${host} in ${config.file}${asked}`);
    },
  };
}

function found(login: Login, where: string): FoundLogin {
  const who = login.kind === "password" ? `those of ${login.username}` : "a token";
  return { login, use: { found: true, text: `${who} from ${where}` } };
}

function missing(text: string): FoundLogin {
  return { login: null, use: { found: false, text } };
}
