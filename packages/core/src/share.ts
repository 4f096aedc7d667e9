import { createHmac, timingSafeEqual } from "node:crypto";
import type { Environment } from "./app.ts";

/** How a request says that it may see a protected environment: in its query, once; in a cookie from then on; or in a header. */
export const shareNames = { query: "berth_share", cookie: "berth_share", header: "berth-share" } as const;

/**
 * The key of an environment's links, hex: of this environment alone, also where another has had its name, and of those links that were given
 * out since they were last taken back. Routers have it, so that nobody has to be asked.
 */
export function shareKeyOf(
  installationKey: Uint8Array,
  { app, name, createdAt, shareEpoch }: Pick<Environment, "app" | "name" | "createdAt" | "shareEpoch">,
): string {
  const place = JSON.stringify(["share", app, name, createdAt, shareEpoch]);
  return createHmac("sha256", installationKey).update(place).digest("hex");
}

/** What is in a link: until when it holds, in seconds since the epoch, and that the key's owner has said so. */
export function makeShareToken(key: string, expiresAt: number): string {
  const until = Math.floor(expiresAt / 1_000).toString(36);
  return `${until}.${sign(key, until)}`;
}

export type ShareVerdict = { isGood: true; expiresAt: number } | { isGood: false; why: "expired" | "wrong" };

export function readShareToken(key: string, token: string, now: number): ShareVerdict {
  const [, until = "", given = ""] = /^([0-9a-z]{1,11})\.([\w-]{43})$/.exec(token) ?? [];
  if (until === "" || !timingSafeEqual(Buffer.from(sign(key, until)), Buffer.from(given)))
    return { isGood: false, why: "wrong" };
  const expiresAt = Number.parseInt(until, 36) * 1_000;
  return expiresAt > now ? { isGood: true, expiresAt } : { isGood: false, why: "expired" };
}

function sign(key: string, until: string): string {
  return createHmac("sha256", Buffer.from(key, "hex")).update(until).digest("base64url");
}
