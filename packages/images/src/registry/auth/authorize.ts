import type { IncomingMessage } from "node:http";
import type { Role } from "@berth/core";
import { RegistryError } from "../registry-error.ts";
import { addressOf } from "../http/address.ts";
import type { Identity } from "./identity.ts";
import { covers, formatScope, narrowScope, type Scope } from "./scope.ts";

/** Lets nobody through that is nobody. Throws `UNAUTHORIZED`, which says where to get a token for the scopes. */
export function requireIdentity(
  request: IncomingMessage,
  origin: string,
  identity: Identity | null,
  scopes: readonly Scope[],
): Identity {
  if (identity !== null) return identity;
  const isWrong = request.headers.authorization !== undefined;
  throw new RegistryError(
    "UNAUTHORIZED",
    isWrong
      ? "The token is not valid. It may have been deleted, or be an old one: log in again."
      : "This needs a Berth token: `docker login`, with any user name and the token as the password.",
    { headers: { "www-authenticate": challenge(request, origin, scopes, isWrong ? "invalid_token" : null) } },
  );
}

/** Throws `DENIED` where the role may not do it, with whatever token. */
export function requireRole({ person, role }: Identity, needed: Scope): void {
  if (mayEver(role, needed)) return;
  const hint = "Ask an owner for a token with the role deployer.";
  throw new RegistryError("DENIED", `${person} (${role}) may not ${needed.actions.at(-1)} here. ${hint}`, {
    detail: needed.name,
  });
}

/** Throws `UNAUTHORIZED` where the token was given for something else: whoever has it can get one for these scopes. */
export function requireScope(
  request: IncomingMessage,
  origin: string,
  identity: Identity,
  needed: Scope,
  wanted: readonly Scope[],
): void {
  if (identity.scopes === null || covers(identity.scopes, needed)) return;
  throw new RegistryError("UNAUTHORIZED", "The token was given for something else.", {
    headers: { "www-authenticate": challenge(request, origin, [needed, ...wanted], "insufficient_scope") },
    detail: needed.name,
  });
}

/** Whether somebody may do what a scope says, without asking for more. */
export function isAllowed(identity: Identity, scope: Scope): boolean {
  return mayEver(identity.role, scope) && (identity.scopes === null || covers(identity.scopes, scope));
}

function mayEver(role: Role, scope: Scope): boolean {
  return narrowScope(role, scope)?.actions.length === scope.actions.length;
}

/** Where to get a token, and for what: https://distribution.github.io/distribution/spec/auth/token/ */
function challenge(request: IncomingMessage, origin: string, scopes: readonly Scope[], error: string | null): string {
  const { scheme, host } = addressOf(request, origin);
  const scope = scopes.map(formatScope).join(" ");
  return [
    `Bearer realm="${scheme}://${host}/v2/token"`,
    `service="${host}"`,
    ...(scope === "" ? [] : [`scope="${scope}"`]),
    ...(error === null ? [] : [`error="${error}"`]),
  ].join(",");
}
