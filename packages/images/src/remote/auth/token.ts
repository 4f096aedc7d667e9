import { Readable } from "node:stream";
import type { Clock } from "@berth/core";
import type { RemoteLimits } from "../limits.ts";
import { withDeadline } from "../http/deadline.ts";
import { RemoteProblem } from "../http/problem.ts";
import { isRecord, readRefusal } from "../http/refusal.ts";
import { stalledProblem } from "../http/answer.ts";
import type { Outgoing, Transport } from "../http/transport.ts";
import { loopbackHost } from "../places/loopback.ts";
import type { Place } from "../places/place.ts";
import type { FoundLogin } from "./credentials.ts";

export interface TokenRequest {
  place: Place;
  /** Where tokens are given out, and for whom, as the registry says. */
  realm: string;
  service: string | null;
  /** What the token is to allow: `repository:library/node:pull`. */
  scopes: readonly string[];
  found: FoundLogin;
}

export interface Token {
  text: string;
  /** ms since the epoch. */
  expiresAt: number;
}

export interface TokenDeps {
  transport: Transport;
  clock: Clock;
  limits: RemoteLimits;
}

const largestAnswerBytes = 256 * 1024;
/** How long a token lasts at least, in seconds, where nothing else is said. */
const defaultLifeSeconds = 60;
/** A token is not used any more when it ends within this time, in ms. */
const marginMs = 10_000;

/**
 * Gets a token for a registry: by GET with the password, or without one; by POST with an identity token. Sources: Docker Registry
 * v2 authentication, its token and OAuth2 parts. Throws a `RemoteProblem`, `unauthorised` where the login is not accepted.
 */
export async function requestToken(deps: TokenDeps, request: TokenRequest, signal: AbortSignal): Promise<Token> {
  const { place, found } = request;
  const url = readRealm(place, request.realm);
  const { limits, clock, transport } = deps;
  const late = () => stalledProblem(url, limits.documentMs);
  return withDeadline(clock, limits.documentMs, signal, late, async (deadline) => {
    const answer = await transport.send({ ...makeRequest(url, request), signal: deadline });
    if (answer.status === 200) return readToken(url, await answer.whole(largestAnswerBytes), clock.now());
    const refusal = await readRefusal(answer, clock, found.use);
    // A login that is wrong is answered with 400 by some.
    const isLogin = refusal.options.status === 400 && found.login !== null;
    throw isLogin ? new RemoteProblem("unauthorised", url.origin, refusal.said, refusal.options) : refusal;
  });
}

function makeRequest(url: URL, { service, scopes, found }: TokenRequest): Omit<Outgoing, "signal"> {
  const { login } = found;
  if (login?.kind === "identity") {
    const form = new URLSearchParams({ grant_type: "refresh_token", client_id: "berth", refresh_token: login.token });
    if (service !== null) form.set("service", service);
    if (scopes.length > 0) form.set("scope", scopes.join(" "));
    const text = Buffer.from(form.toString());
    const headers = { "content-type": "application/x-www-form-urlencoded", accept: "application/json" };
    return { method: "POST", url, headers, body: { sizeBytes: text.length, open: () => Readable.from([text]) } };
  }
  const target = new URL(url);
  target.searchParams.set("client_id", "berth");
  if (service !== null) target.searchParams.set("service", service);
  for (const scope of scopes) target.searchParams.append("scope", scope);
  if (login?.kind !== "password") return { method: "GET", url: target, headers: { accept: "application/json" } };
  target.searchParams.set("account", login.username);
  return { method: "GET", url: target, headers: { accept: "application/json", authorization: basicHeader(login) } };
}

export function basicHeader({ username, password }: { username: string; password: string }): string {
  return `Basic ${Buffer.from(`${username}:${password}`).toString("base64")}`;
}

/** Credentials go to whom the registry names, but by plain HTTP only where the registry itself is reached so, or on this machine. */
function readRealm(place: Place, realm: string): URL {
  const url = URL.canParse(realm) ? new URL(realm) : null;
  if (url === null || (url.protocol !== "https:" && url.protocol !== "http:"))
    throw new RemoteProblem("malformed", place.origin, "names no place to get a token from");
  if (url.protocol === "http:" && place.origin.startsWith("https:") && !loopbackHost(url.host))
    throw new RemoteProblem("refused", place.origin, `wants the login to be sent by plain HTTP to ${url.host}`);
  return url;
}

function readToken(url: URL, body: Buffer, now: number): Token {
  let parsed: unknown = null;
  try {
    parsed = JSON.parse(body.toString());
  } catch {
    // Told below.
  }
  const { token, access_token: accessToken, expires_in: life } = isRecord(parsed) ? parsed : {};
  const text = typeof token === "string" && token !== "" ? token : accessToken;
  if (typeof text !== "string" || !/^[\x21-\x7e]+$/.test(text))
    throw new RemoteProblem("malformed", url.origin, "gives out no token");
  const seconds = typeof life === "number" && life > 0 ? life : defaultLifeSeconds;
  return { text, expiresAt: now + Math.max(seconds * 1000 - marginMs, seconds * 500) };
}
