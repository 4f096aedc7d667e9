import { timingSafeEqual } from "node:crypto";
import type { Actor, Clock, Store } from "@berth/core";
import { hashToken, looksLikeToken } from "./token.ts";

/** Who a request is from, and by which token. */
export interface Authenticated extends Actor {
  tokenId: string;
}

/** Null where nobody has this token (any more). */
export type Authenticator = (secret: string) => Promise<Authenticated | null>;

const touchEveryMs = 60_000;

/**
 * Tells who has a token. Asks the store each time, so that a deleted token is refused at once; with a local database that
 * costs microseconds. Shared by the API and git.
 */
export function makeAuthenticator(store: Pick<Store, "tokens">, clock: Clock): Authenticator {
  return async (secret) => {
    if (!looksLikeToken(secret)) return null;
    const hash = hashToken(secret);
    const token = await store.tokens.findByHash(hash);
    if (token === null || !equalHashes(token.hash, hash)) return null;
    if (token.lastUsedAt === null || clock.now() - token.lastUsedAt >= touchEveryMs) {
      // Knowing when a token was last used is not worth failing a request for.
      store.tokens.touch(token.id).catch(() => undefined);
    }
    return { person: token.person, role: token.role, tokenId: token.id };
  };
}

function equalHashes(stored: string, computed: string): boolean {
  const [a, b] = [Buffer.from(stored), Buffer.from(computed)];
  return a.length === b.length && timingSafeEqual(a, b);
}
