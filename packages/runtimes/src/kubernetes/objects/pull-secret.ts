import { type Made, type RegistryLogin, registryLoginContent } from "@berth/cluster";
import type { V1Secret } from "@kubernetes/client-node";
import type { Scope } from "@berth/core";
import type { ClusterPlace } from "../model.ts";
import { fixedName } from "../names.ts";
import { scopeMetadata } from "./metadata.ts";

/** What nodes log in with to fetch the images of an environment. */
export function makePullSecret(scope: Scope, pull: RegistryLogin, place: ClusterPlace): Made<V1Secret> {
  return {
    apiVersion: "v1",
    kind: "Secret",
    metadata: scopeMetadata(fixedName.pullLogin, scope, place),
    ...registryLoginContent(pull),
  };
}
