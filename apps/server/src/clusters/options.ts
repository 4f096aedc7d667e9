import { BerthError, type ClusterOptions, type NewCluster } from "@berth/core";
import { z } from "zod";
import {
  addressForm,
  defaultQuota,
  loginForm,
  namespacePrefixForm,
  parseLogin,
  quotaForm,
  rangeForm,
} from "../settings/forms.ts";
import type { Settings } from "../settings/settings.ts";

/** The settings that a registered cluster has of its own, or shares with the others. */
export type ClusterNeeds = Pick<Settings, "cluster" | "registry" | "pullLogin" | "nodesRegistry">;

const given = z.object({
  namespacePrefix: namespacePrefixForm,
  registry: z.string().min(1).nullable(),
  routerAddresses: z.array(addressForm).min(1).nullable(),
  ranges: z.array(rangeForm).min(1).nullable(),
  quota: quotaForm(defaultQuota).nullable(),
  pullLogin: loginForm.nullable(),
});

const about: Record<keyof z.input<typeof given>, string> = {
  namespacePrefix: "lower case, digits and hyphens, ending with a hyphen, such as eu-",
  registry: "host and folder, such as registry.example.com/team",
  routerAddresses: "IP addresses",
  ranges: "address ranges, such as 10.244.0.0/16",
  quota: "such as pods=50,cpu=16,memory=32Gi",
  pullLogin: "name:password",
};

/** How a cluster is to be used, where what is asked for can be. Throws `input.invalid`. */
export function checkOptions({ options, pullLogin }: NewCluster, settings: ClusterNeeds): ClusterOptions {
  const { namespacePrefix, ...others } = options;
  const checked: ClusterOptions = { ...others, namespacePrefix: namespacePrefix ?? settings.cluster.namespacePrefix };
  const result = given.safeParse({ ...checked, pullLogin });
  if (result.success) return checked;
  const name = String(result.error.issues[0]?.path[0]) as keyof typeof about;
  throw new BerthError("input.invalid", `${name} does not fit: it is ${about[name]}.`, { path: name });
}

/** The settings of one cluster: what is its own, and for the rest those of the server. */
export function settingsOf(options: ClusterOptions, pullLogin: string | null, settings: ClusterNeeds): ClusterNeeds {
  const { namespacePrefix, registry, routerAddresses, ranges, quota } = options;
  const login = pullLogin === null ? null : parseLogin(pullLogin);
  return {
    cluster: {
      context: null,
      namespacePrefix,
      routerAddresses,
      // Those of this server's cluster are no pods there.
      routerPods: null,
      ranges,
      quota: quota === null ? settings.cluster.quota : quotaForm(defaultQuota).parse(quota),
    },
    registry: registry ?? settings.registry,
    // A name that leads to this server is one of its own cluster's nodes.
    nodesRegistry: null,
    pullLogin: registry === null ? (login ?? settings.pullLogin) : login,
  };
}
