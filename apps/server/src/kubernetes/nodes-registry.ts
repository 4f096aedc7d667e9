import type { RegistryLogin } from "@berth/cluster";
import { BerthError } from "@berth/core";
import type { Settings } from "../settings/settings.ts";

export interface NodesRegistry {
  /** What names of images begin with, before the app's. */
  prefix: string;
  /** What nodes log in with; null where they need nothing, or have it themselves. */
  login: RegistryLogin | null;
}

export interface NodesRegistryChoice {
  settings: Pick<Settings, "pullLogin" | "nodesRegistry">;
  /** BERTH_REGISTRY: what names there begin with, and its host; null where it is not set. */
  outside: { prefix: string; host: string } | null;
  /** The port of this server. */
  port: number;
  /** What this server's own registry takes from nodes. */
  password: string;
  nodes: readonly string[];
  own: ReadonlySet<string>;
}

/** Where nodes fetch images: from BERTH_REGISTRY, or from this very server, by the name that is set or where they are this machine. Throws `settings.invalid`. */
export function findNodesRegistry(choice: NodesRegistryChoice): NodesRegistry {
  const { settings, outside, port, password, nodes, own } = choice;
  if (outside !== null) {
    const { pullLogin } = settings;
    return { prefix: outside.prefix, login: pullLogin && { registry: outside.host, ...pullLogin } };
  }
  const named = settings.nodesRegistry;
  if (named !== null) return ownRegistry(named, password);
  const others = nodes.filter((address) => !own.has(address));
  if (others.length > 0) {
    throw new BerthError(
      "settings.invalid",
      "The nodes of the cluster are other machines, which do not reach the registry of this server.",
      {
        path: "BERTH_REGISTRY",
        hint: "Name a registry that both reach, with a folder in it: BERTH_REGISTRY=registry.example.com/team, or put Berth on the cluster: berth install",
        details: [`nodes: ${others.slice(0, 5).join(", ")}${others.length > 5 ? ", …" : ""}`],
      },
    );
  }
  // Container runtimes trust localhost without certificates.
  return ownRegistry(`localhost:${port}`, password);
}

function ownRegistry(registry: string, password: string): NodesRegistry {
  return { prefix: `${registry}/`, login: { registry, username: "nodes", password } };
}
