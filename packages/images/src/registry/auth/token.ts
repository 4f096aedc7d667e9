import { createHmac, timingSafeEqual } from "node:crypto";
import { type Clock, type Random, type Role, roles } from "@berth/core";
import { formatScope, parseScopes, type Scope } from "./scope.ts";

/** How long a token is good: long enough for the requests of one layer, which ask for the next by themselves. */
export const tokenForMs = 5 * 60_000;

/** What a token says: who has it, and for what. */
export interface TokenClaims {
  person: string;
  role: Role;
  scopes: readonly Scope[];
}

/** Makes and checks the tokens that clients get for a few minutes. */
export interface TokenSigner {
  sign(claims: TokenClaims): string;
  /** Null where it is not one of ours, or not good any more. */
  verify(token: string): TokenClaims | null;
}

interface Payload {
  sub: string;
  role: Role;
  acc: string[];
  exp: number;
  /** So that no two tokens are the same, whatever they say. */
  jti: string;
}

/** Nothing else that the key may come to sign can be taken for a token. */
const purpose = "berth registry token 1\n";

export function makeTokenSigner(deps: { key: Uint8Array; clock: Pick<Clock, "now">; random: Random }): TokenSigner {
  const { key, clock, random } = deps;
  const mac = (payload: string) => createHmac("sha256", key).update(purpose).update(payload).digest();

  return {
    sign({ person, role, scopes }) {
      const payload: Payload = {
        sub: person,
        role,
        acc: scopes.map(formatScope),
        exp: clock.now() + tokenForMs,
        jti: Buffer.from(random.bytes(12)).toString("base64url"),
      };
      const text = Buffer.from(JSON.stringify(payload)).toString("base64url");
      return `${text}.${mac(text).toString("base64url")}`;
    },
    verify(token) {
      const [text, signature, ...more] = token.split(".");
      if (text === undefined || signature === undefined || more.length > 0) return null;
      const [given, made] = [Buffer.from(signature, "base64url"), mac(text)];
      if (given.length !== made.length || !timingSafeEqual(given, made)) return null;
      // Whatever carries the signature was written by `sign`.
      const payload: Payload = JSON.parse(Buffer.from(text, "base64url").toString());
      if (payload.exp <= clock.now() || !roles.includes(payload.role)) return null;
      return { person: payload.sub, role: payload.role, scopes: parseScopes(payload.acc) };
    },
  };
}
