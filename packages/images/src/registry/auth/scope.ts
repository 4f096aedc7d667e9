import { type Role, roleIncludes } from "@berth/core";

/** What may be done with a repository. */
export type Action = "pull" | "push" | "delete";

/** Which actions a token is asked for, or grants, on a repository or on the catalog: `repository:shop/tools:pull,push`. */
export interface Scope {
  type: string;
  name: string;
  actions: readonly string[];
}

/** Whoever reads the list of all repositories needs this. */
export const catalogScope: Scope = { type: "registry", name: "catalog", actions: ["*"] };

/** More than any push asks for: an image has a few sources that it mounts blobs from. */
const maxScopes = 64;

export function formatScope({ type, name, actions }: Scope): string {
  return `${type}:${name}:${actions.join(",")}`;
}

/** Reads scopes as they come in a query or a form: several values, each with several scopes between spaces. What is none is left out. */
export function parseScopes(texts: readonly string[]): Scope[] {
  return texts
    .flatMap((text) => text.split(" "))
    .slice(0, maxScopes)
    .flatMap((text) => {
      const found = /^([a-z]+):([a-z0-9._/-]+):([a-z*]+(?:,[a-z*]+)*)$/.exec(text);
      const [, type, name, actions] = found ?? [];
      return type && name && actions ? [{ type, name, actions: actions.split(",") }] : [];
    });
}

/** What a role may do with the repositories of apps it sees. */
export function actionsOf(role: Role): readonly Action[] {
  return roleIncludes(role, "deployer") ? ["pull", "push", "delete"] : ["pull"];
}

/** As much of a scope as a role may have; null where that is nothing. */
export function narrowScope(role: Role, scope: Scope): Scope | null {
  if (scope.type === catalogScope.type) return scope.name === catalogScope.name ? catalogScope : null;
  if (scope.type !== "repository") return null;
  const actions = actionsOf(role).filter((action) => scope.actions.includes(action) || scope.actions.includes("*"));
  return actions.length === 0 ? null : { ...scope, actions };
}

/** Whether one of these scopes covers all of what is needed. */
export function covers(scopes: readonly Scope[], needed: Scope): boolean {
  return needed.actions.every((action) =>
    scopes.some(({ type, name, actions }) => type === needed.type && name === needed.name && actions.includes(action)),
  );
}
