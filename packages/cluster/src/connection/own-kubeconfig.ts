import { BerthError } from "@berth/core";
import { parse } from "yaml";

interface Named<T> {
  name: string;
  value: T;
}
type Fields = Record<string, unknown>;

const hint = "kubectl config view --raw --flatten --minify prints one that has all in it, save for programs.";

/** All that is kept, so that nothing that some client takes for a file or a program comes to the server. */
const kept = {
  context: ["namespace"],
  cluster: ["server", "certificate-authority-data", "tls-server-name", "insecure-skip-tls-verify", "proxy-url"],
  user: ["token", "username", "password", "client-certificate-data", "client-key-data", "as"],
} as const;

/**
 * What of a kubeconfig one context needs, as a kubeconfig of its own. What names files or programs of the machine that it comes
 * from is refused: on another they are not there, or are something else. Throws `input.invalid`.
 */
export function makeOwnKubeconfig(text: string, context: string | null): string {
  const config = readFields(text);
  const name = context ?? config["current-context"];
  if (typeof name !== "string" || name === "") throw invalid("has no current context.", "Name one with --context.");
  const contexts = namedOf(config, "contexts", "context");
  const found = contexts.find((each) => each.name === name);
  if (found === undefined) {
    const names = contexts.map((each) => each.name).join(", ");
    throw invalid(`has no context ${name}.`, names === "" ? "It has no contexts at all." : `It has ${names}.`);
  }
  const cluster = pick(config, "clusters", "cluster", found.value["cluster"]);
  const user = pick(config, "users", "user", found.value["user"]);
  if (typeof cluster["server"] !== "string" || !cluster["server"].startsWith("https://"))
    throw invalid(`names no https address for ${name}.`, hint);
  refuse(cluster, ["certificate-authority"]);
  refuse(user, ["client-certificate", "client-key", "tokenFile", "token-file", "exec", "auth-provider"]);
  return JSON.stringify({
    apiVersion: "v1",
    kind: "Config",
    "current-context": name,
    contexts: [{ name, context: { ...only(found.value, kept.context), cluster: "cluster", user: "berth" } }],
    clusters: [{ name: "cluster", cluster: only(cluster, kept.cluster) }],
    users: [{ name: "berth", user: only(user, kept.user) }],
  });
}

function only(fields: Fields, names: readonly string[]): Fields {
  return Object.fromEntries(Object.entries(fields).filter(([name]) => names.includes(name)));
}

function readFields(text: string): Fields {
  let value: unknown;
  try {
    value = parse(text);
  } catch {
    throw invalid("is no YAML.", hint);
  }
  if (!isFields(value)) throw invalid("is none: it has no contexts.", hint);
  return value;
}

function namedOf(config: Fields, list: string, key: string): Named<Fields>[] {
  const items: unknown = config[list];
  if (!Array.isArray(items)) return [];
  return items.flatMap((item: unknown) => {
    if (!isFields(item) || typeof item["name"] !== "string" || !isFields(item[key])) return [];
    return [{ name: item["name"], value: item[key] }];
  });
}

function pick(config: Fields, list: string, key: string, name: unknown): Fields {
  const found = namedOf(config, list, key).find((each) => each.name === name);
  if (found === undefined) throw invalid(`lacks the ${key} that its context names.`, hint);
  return found.value;
}

function refuse(of: Fields, keys: readonly string[]): void {
  const key = keys.find((each) => of[each] !== undefined && of[each] !== null);
  if (key === undefined) return;
  const what = key === "exec" || key === "auth-provider" ? "a program that gives credentials" : "a file";
  const instead =
    key === "exec" || key === "auth-provider"
      ? "Make a service account with a token for Berth; docs/clusters.md shows how."
      : hint;
  throw invalid(`names ${what} (${key}), which the server does not have.`, instead);
}

function isFields(value: unknown): value is Fields {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function invalid(what: string, then: string): BerthError {
  return new BerthError("input.invalid", `The kubeconfig ${what}`, { path: "kubeconfig", hint: then });
}
