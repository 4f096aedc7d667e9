import { BerthError } from "./errors.ts";

/** What a person may do: a viewer looks, a deployer also changes what runs, an owner also deletes and manages access. */
export const roles = ["viewer", "deployer", "owner"] as const;
export type Role = (typeof roles)[number];

/** Who does something: a person (a slug) and the role their token carries. */
export interface Actor {
  person: string;
  role: Role;
}

/** Berth itself, where a loop and not a person changes something. */
export const systemActor: Actor = { person: "berth", role: "owner" };

/** Whether a role includes what `needed` may do. */
export function roleIncludes(role: Role, needed: Role): boolean {
  return roles.indexOf(role) >= roles.indexOf(needed);
}

/** Throws `auth.forbidden` unless the actor's role includes `needed`; `what` completes "may not …". */
export function requireRole(actor: Actor, needed: Role, what: string): void {
  if (roleIncludes(actor.role, needed)) return;
  throw new BerthError("auth.forbidden", `${actor.person} (${actor.role}) may not ${what}.`, {
    hint: `Ask an owner for a token with the role ${needed}.`,
  });
}

/** Whom a user of a machine is named as: the user name as a slug. */
export function personOfUser(username: string): string {
  const slug = username
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, "-")
    .replace(/^[^a-z]+|-+$/g, "")
    .slice(0, 39);
  return slug === "" ? "me" : slug;
}
