import type { Scope } from "@berth/core";
import type { NetworkCreateOptions } from "@berth/docker";
import { label, networkName } from "./names.ts";
import { gatewayOf, subnetText } from "./subnets.ts";
import type { Subnet } from "./subnets.ts";

/** The network of an environment: a bridge of its own, from which the engine lets nothing into another. */
export function makeNetworkOptions(installation: string, scope: Scope, subnet: Subnet): NetworkCreateOptions {
  return {
    Name: networkName(installation, scope),
    Driver: "bridge",
    CheckDuplicate: true,
    EnableIPv6: false,
    IPAM: { Driver: "default", Config: [{ Subnet: subnetText(subnet), Gateway: gatewayOf(subnet) }] },
    Labels: {
      [label.installation]: installation,
      [label.app]: scope.app,
      [label.environment]: scope.environment,
    },
  };
}
