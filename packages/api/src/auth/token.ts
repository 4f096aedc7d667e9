import { createHash } from "node:crypto";
import { BerthError, type Actor, type Random, type Role, type Store, type Token } from "@berth/core";

const tokenBytes = 32;
const tokenPattern = /^berth_[A-Za-z0-9_-]{43}$/;
const personPattern = /^[a-z][a-z0-9-]{0,38}$/;

/** `berth_` and 32 random bytes in base64url: easy to find by tools that look for leaked secrets. */
export function makeTokenSecret(random: Random): string {
  return `berth_${Buffer.from(random.bytes(tokenBytes)).toString("base64url")}`;
}

/** Whether a text can be a token at all. */
export function looksLikeToken(text: string): boolean {
  return tokenPattern.test(text);
}

/** What is stored of a token. A fast hash is enough: there are 2^256 tokens to guess from. */
export function hashToken(secret: string): string {
  return createHash("sha256").update(secret).digest("hex");
}

/** Whether a text can name a person: a slug. */
export function isPerson(text: string): boolean {
  return personPattern.test(text);
}

/** Makes and stores a token. `secret` is not kept anywhere: show it once. Throws `input.invalid` where the person is no slug. */
export async function createToken(
  deps: { store: Pick<Store, "tokens">; random: Random },
  token: { person: string; role: Role; note: string },
  actor: Actor,
): Promise<{ secret: string; token: Token }> {
  if (!isPerson(token.person)) {
    throw new BerthError("input.invalid", `${JSON.stringify(token.person)} does not fit as the name of a person.`, {
      path: "person",
      hint: "Use a-z, 0-9 and hyphens, starting with a letter, such as ada.",
    });
  }
  const secret = makeTokenSecret(deps.random);
  return { secret, token: await deps.store.tokens.create({ ...token, hash: hashToken(secret) }, actor) };
}
