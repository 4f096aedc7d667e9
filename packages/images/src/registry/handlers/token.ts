import type { IncomingMessage, ServerResponse } from "node:http";
import { basicPassword } from "../auth/identity.ts";
import { narrowScope, parseScopes, type Scope } from "../auth/scope.ts";
import { tokenForMs } from "../auth/token.ts";
import type { Parts } from "../call.ts";
import { answerJson } from "../http/answer.ts";
import { withBody } from "../http/body.ts";
import { appOf, isRepositoryName } from "../names.ts";
import { RegistryError } from "../registry-error.ts";

const maxFormBytes = 64 * 1024;

interface TokenRequest {
  secret: string | null;
  scopes: Scope[];
  /** Whether the client wants something to come back with, instead of the password. */
  wantsRefresh: boolean;
}

/**
 * Gives a token for a few minutes to whoever has a Berth token: by GET with Basic, or by POST with an OAuth 2 form.
 * Sources: https://distribution.github.io/distribution/spec/auth/token/ and …/auth/oauth/
 */
export async function giveToken(
  parts: Parts,
  request: IncomingMessage,
  response: ServerResponse,
  query: URLSearchParams,
): Promise<void> {
  const { deps, signer } = parts;
  const { secret, scopes, wantsRefresh } =
    request.method === "POST" ? await readForm(parts, request, response) : readQuery(request, query);
  const who = secret === null ? null : await deps.authenticate(secret);
  if (secret === null || who === null) throw wrongPassword(secret === null);
  const granted: Scope[] = [];
  for (const scope of scopes) {
    const narrow = narrowScope(who.role, scope);
    if (narrow !== null && (await isThere(parts, narrow))) granted.push(narrow);
  }
  const token = signer.sign({ person: who.person, role: who.role, scopes: granted });
  answerJson(request, response, 200, {
    token,
    access_token: token,
    expires_in: tokenForMs / 1000,
    issued_at: new Date(deps.clock.now()).toISOString(),
    // A Berth token is what a client may come back with; there is no second kind of secret to lose.
    ...(wantsRefresh && { refresh_token: secret }),
  });
}

async function isThere({ deps }: Parts, { type, name }: Scope): Promise<boolean> {
  if (type !== "repository") return true;
  return isRepositoryName(name) && (await deps.findApp(appOf(name))) !== null;
}

function readQuery(request: IncomingMessage, query: URLSearchParams): TokenRequest {
  const secret = basicPassword(request.headers.authorization);
  return { secret, scopes: parseScopes(query.getAll("scope")), wantsRefresh: false };
}

async function readForm({ room }: Parts, request: IncomingMessage, response: ServerResponse): Promise<TokenRequest> {
  // No app is called so.
  const limits = { maxBytes: maxFormBytes, room, owner: "" };
  const form = await withBody(request, response, limits, async (body) => new URLSearchParams(body.toString()));
  const grant = form.get("grant_type");
  const field = new Map([
    ["password", "password"],
    ["refresh_token", "refresh_token"],
  ]).get(grant ?? "");
  if (field === undefined) {
    throw new RegistryError("UNSUPPORTED", `The grant type ${JSON.stringify(grant)} is not known: use password.`, {
      status: 400,
    });
  }
  return {
    secret: form.get(field),
    scopes: parseScopes(form.getAll("scope")),
    wantsRefresh: form.get("access_type") === "offline" || grant === "refresh_token",
  };
}

function wrongPassword(isMissing: boolean): RegistryError {
  return new RegistryError(
    "UNAUTHORIZED",
    isMissing
      ? "This needs a Berth token: `docker login`, with any user name and the token as the password."
      : "The password is not a Berth token, or one that was deleted. `berth tokens create` makes one.",
    { headers: { "www-authenticate": 'Basic realm="Berth", charset="UTF-8"' } },
  );
}
