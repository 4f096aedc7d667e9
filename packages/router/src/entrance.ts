import { type HostRoutes, production, readShareToken, shareNames, type ShareVerdict } from "@berth/core";
import type { Arrival } from "./arrival.ts";
import { originOf } from "./headers/origin.ts";
import { type Answer, shared, shareRefused } from "./pages/answer.ts";

/** A browser has one, and beside it at most those of neighbours that share its domain. */
const maxTokens = 8;

/** Whether an answer of this host must not be found by search engines: only production's address is meant for everyone. */
export function isHidden({ environment, version }: HostRoutes): boolean {
  return environment !== production || version !== null;
}

/**
 * Lets a request into an environment, where that is protected only with what a link has. Null: it may go on; otherwise what it is answered.
 * Whatever it shows is taken out of it: no app gets it, nor whoever an app's pages lead to.
 */
export function enter(arrival: Arrival, host: HostRoutes, now: number): Answer | null {
  const { req } = arrival;
  const shown = takeShown(arrival);
  if (host.access === undefined) return null;
  const { key, owner } = host.access;
  const tokens = [...shown.query, ...shown.others].slice(0, maxTokens);
  const verdicts = tokens.map((token) => readShareToken(key, token, now));
  const good = verdicts.filter((verdict) => verdict.isGood);
  if (good.length === 0) return shareRefused(host, owner, reasonOf(verdicts));
  const byLink = shown.query.find((token) => readShareToken(key, token, now).isGood);
  const isRead = req.method === "GET" || req.method === "HEAD";
  if (byLink === undefined || !isRead || arrival.upgrade !== null) return null;
  const untilS = Math.floor((Math.max(...good.map(({ expiresAt }) => expiresAt)) - now) / 1_000);
  const secure = originOf(req, arrival.host).proto === "https" ? "; Secure" : "";
  const cookie = `${shareNames.cookie}=${byLink}; Path=/; Max-Age=${untilS}; HttpOnly; SameSite=Lax${secure}`;
  // Two slashes at its beginning would name another host, and browsers take the other kind for the same.
  return shared(arrival.path.replace(/^[/\\]{2,}/, "/"), cookie);
}

function reasonOf(verdicts: readonly ShareVerdict[]): "share-missing" | "share-expired" | "share-wrong" {
  if (verdicts.length === 0) return "share-missing";
  return verdicts.some((verdict) => !verdict.isGood && verdict.why === "expired") ? "share-expired" : "share-wrong";
}

interface Shown {
  query: string[];
  others: string[];
}

/** Takes what is Berth's out of a request: its query, cookies, and headers of its own. */
function takeShown(arrival: Arrival): Shown {
  const shown: Shown = { query: [], others: [] };
  if (arrival.path.includes(shareNames.query)) arrival.path = withoutQuery(arrival.path, shown.query);
  const { rawHeaders } = arrival.req;
  // Most requests show nothing.
  if (!rawHeaders.some(mayShow)) return shown;
  for (let at = rawHeaders.length - 2; at >= 0; at -= 2) {
    const value = keptOf(rawHeaders[at]!.toLowerCase(), rawHeaders[at + 1]!, shown.others);
    if (value === null) rawHeaders.splice(at, 2);
    else rawHeaders[at + 1] = value;
  }
  return shown;
}

const shape = /berth[_-]share/i;

function mayShow(text: string): boolean {
  return shape.test(text);
}

/** What is left of a header; null: nothing. */
function keptOf(name: string, value: string, shown: string[]): string | null {
  if (name.replaceAll("_", "-") === shareNames.header) {
    if (name === shareNames.header) shown.push(value.trim());
    return null;
  }
  // An address that a page of it was opened by.
  if (name === "referer") return shape.test(value) ? null : value;
  if (name !== "cookie" || !shape.test(value)) return value;
  const pairs = value.split(";").map((pair) => pair.trim());
  const mine = (pair: string) => pair.startsWith(`${shareNames.cookie}=`);
  for (const pair of pairs.filter(mine)) shown.push(pair.slice(shareNames.cookie.length + 1));
  const left = pairs.filter((pair) => !mine(pair));
  return left.length === 0 ? null : left.join("; ");
}

/** The other parts of the query stay as they were written. */
function withoutQuery(target: string, shown: string[]): string {
  const cut = target.indexOf("?");
  if (cut === -1) return target;
  const parts = target.slice(cut + 1).split("&");
  const mine = (part: string) => part.split("=", 1)[0] === shareNames.query;
  for (const part of parts.filter(mine)) shown.push(part.slice(shareNames.query.length + 1));
  const left = parts.filter((part) => !mine(part));
  return target.slice(0, cut) + (left.length === 0 ? "" : `?${left.join("&")}`);
}
