import type { Role } from "@berth/core";
import type { Scope } from "./scope.ts";
import type { TokenSigner } from "./token.ts";

/** Who a request is from. */
export interface Identity {
  person: string;
  role: Role;
  /** What the token was given for; null where whoever asks showed a Berth token itself, which is good for all that its role may. */
  scopes: readonly Scope[] | null;
}

/** Who has a Berth token; null where nobody has it (any more). */
export type Authenticate = (secret: string) => Promise<{ person: string; role: Role } | null>;

/** Finds out who sends an `Authorization` header: a token of ours, or a Berth token as Bearer or as the password of Basic. Null where that is nobody. */
export async function identify(
  deps: { signer: TokenSigner; authenticate: Authenticate },
  header: string | undefined,
): Promise<Identity | null> {
  const bearer = /^bearer +(\S+) *$/i.exec(header ?? "")?.[1];
  const claims = bearer === undefined ? null : deps.signer.verify(bearer);
  if (claims !== null) return claims;
  const secret = bearer ?? basicPassword(header);
  const found = secret === null ? null : await deps.authenticate(secret);
  return found === null ? null : { person: found.person, role: found.role, scopes: null };
}

/** The password of Basic authentication; the user's name is not looked at. */
export function basicPassword(header: string | undefined): string | null {
  const encoded = /^basic +([\w+/=-]+) *$/i.exec(header ?? "")?.[1];
  if (encoded === undefined) return null;
  const text = Buffer.from(encoded, "base64").toString("utf8");
  const colon = text.indexOf(":");
  return colon === -1 ? null : text.slice(colon + 1);
}
