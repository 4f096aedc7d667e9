import { readCredentials, saveCredential } from "@berth/api/client";
import { BerthError } from "@berth/core/errors";
import type { ServerAccess } from "./server-access.ts";

export interface LogInOptions {
  access: ServerAccess;
  /** Where people reach the server. */
  url: string;
  /** Where this machine's user keeps tokens. */
  clientFolder: string;
  /** As whom, a slug. */
  person: string;
}

/** Leaves whoever installs logged in as an owner, in a file for them alone; a token that is good is kept. Resolves with whom it names. */
export async function logIn({ access, url, clientFolder, person }: LogInOptions): Promise<string> {
  const kept = readCredentials(clientFolder).servers[url];
  const known = kept === undefined ? null : await whoami(access, kept.token);
  if (kept !== undefined && known !== null) {
    saveCredential(clientFolder, url, { ...kept, person: known });
    return known;
  }
  const json = { person, role: "owner", note: "berth install" } as const;
  const { secret } = await (await access.owner.api.tokens.$post({ json })).json();
  saveCredential(clientFolder, url, { token: secret, person });
  return person;
}

/** Null where the server does not know the token: it is of an installation before. */
async function whoami(access: ServerAccess, token: string): Promise<string | null> {
  try {
    return (await (await access.as(token).api.whoami.$get()).json()).person;
  } catch (error) {
    if (error instanceof BerthError && error.code === "auth.required") return null;
    throw error;
  }
}
