import { makeSerial } from "@berth/core";
import type { Clock } from "@berth/core";
import { RemoteProblem } from "../http/problem.ts";
import type { CredentialsUse } from "../http/problem.ts";
import type { Place } from "../places/place.ts";
import { parseChallenges } from "./challenge.ts";
import type { Credentials } from "./credentials.ts";
import { basicHeader, requestToken } from "./token.ts";
import type { Token, TokenDeps } from "./token.ts";

/** Knows what to say to each registry so that it lets Berth in. */
export interface Authoriser {
  /** The Authorization for a request that needs these scopes; null where none is known to be needed. */
  header(place: Place, scopes: readonly string[], signal: AbortSignal): Promise<string | null>;
  /** The same after a 401 with this WWW-Authenticate; null where there is nothing else to try than what was rejected. Throws a `RemoteProblem`. */
  renew(
    place: Place,
    scopes: readonly string[],
    challenge: string | undefined,
    rejected: string | null,
    signal: AbortSignal,
  ): Promise<string | null>;
  /** Which credentials were used last for a place. */
  used(place: Place): CredentialsUse | undefined;
}

/** How a registry wants to be asked; known once it has asked for it. */
type Scheme = { kind: "basic" } | { kind: "bearer"; realm: string; service: string | null };

export interface AuthoriserDeps extends TokenDeps {
  clock: Clock;
  credentials: Credentials;
}

export function makeAuthoriser(deps: AuthoriserDeps): Authoriser {
  const schemes = new Map<string, Scheme>();
  const tokens = new Map<string, Token>();
  /** Scopes that a registry has asked for beyond those it was told of, by what they were. */
  const asked = new Map<string, readonly string[]>();
  const basics = new Map<string, string>();
  const uses = new Map<string, CredentialsUse>();
  /** Requests that need the same token wait for one another. */
  const serial = makeSerial();
  const keyOf = (place: Place, scopes: readonly string[]) => [place.origin, place.host, ...scopes].join(" ");

  async function findLogin(place: Place, signal: AbortSignal) {
    const found = await deps.credentials.find(place.host, signal);
    uses.set(place.host, found.use);
    return found;
  }

  async function basic(place: Place, rejected: string | null, signal: AbortSignal): Promise<string | null> {
    const known = basics.get(place.host);
    if (known !== undefined && known !== rejected) return known;
    const { login } = await findLogin(place, signal);
    basics.delete(place.host);
    if (login?.kind !== "password") return null;
    const header = basicHeader(login);
    if (header === rejected) return null;
    basics.set(place.host, header);
    return header;
  }

  function bearer(
    place: Place,
    scheme: Extract<Scheme, { kind: "bearer" }>,
    scopes: readonly string[],
    rejected: string | null,
    signal: AbortSignal,
  ): Promise<string | null> {
    const key = keyOf(place, scopes);
    return serial(key, async () => {
      const known = tokens.get(key);
      if (known !== undefined && known.expiresAt > deps.clock.now() && `Bearer ${known.text}` !== rejected)
        return `Bearer ${known.text}`;
      tokens.delete(key);
      const found = await findLogin(place, signal);
      if (found.login?.kind === "bearer") {
        const header = `Bearer ${found.login.token}`;
        return header === rejected ? null : header;
      }
      const { realm, service } = scheme;
      const token = await requestToken(
        deps,
        { place, scopes: asked.get(key) ?? scopes, found, realm, service },
        signal,
      );
      for (const [old, { expiresAt }] of tokens) if (expiresAt <= deps.clock.now()) tokens.delete(old);
      tokens.set(key, token);
      return `Bearer ${token.text}`;
    });
  }

  function ask(place: Place, scheme: Scheme, scopes: readonly string[], rejected: string | null, signal: AbortSignal) {
    return scheme.kind === "basic" ? basic(place, rejected, signal) : bearer(place, scheme, scopes, rejected, signal);
  }

  return {
    async header(place, scopes, signal) {
      const scheme = schemes.get(place.origin);
      return scheme === undefined ? null : ask(place, scheme, scopes, null, signal);
    },
    async renew(place, scopes, challenge, rejected, signal) {
      const { scheme, scopes: more } = chooseScheme(place, challenge);
      schemes.set(place.origin, scheme);
      const all = new Set([...scopes, ...more]);
      if (all.size > scopes.length) asked.set(keyOf(place, scopes), [...all]);
      return ask(place, scheme, scopes, rejected, signal);
    },
    used: (place) => uses.get(place.host),
  };
}

function chooseScheme(place: Place, header: string | undefined): { scheme: Scheme; scopes: string[] } {
  const challenges = parseChallenges(header);
  const bearer = challenges.find(({ scheme, parameters }) => scheme === "bearer" && parameters["realm"]);
  if (bearer !== undefined) {
    const { realm = "", service = null, scope = "" } = bearer.parameters;
    return { scheme: { kind: "bearer", realm, service }, scopes: scope.split(" ").filter((one) => one !== "") };
  }
  if (challenges.some(({ scheme }) => scheme === "basic")) return { scheme: { kind: "basic" }, scopes: [] };
  const offered = [...new Set(challenges.map(({ scheme }) => scheme))].join(", ");
  const said =
    offered === ""
      ? "answers 401 and does not say how to log in"
      : `wants a login by ${offered}, which Berth does not know`;
  throw new RemoteProblem("unauthorised", place.origin, said, { status: 401 });
}
