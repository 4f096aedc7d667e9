import type { Made } from "@berth/cluster";
import type { V1ServiceAccount } from "@kubernetes/client-node";
import type { Scope } from "@berth/core";
import type { ClusterPlace } from "../model.ts";
import { fixedName } from "../names.ts";
import { scopeMetadata } from "./metadata.ts";

/** Whom instances are on the cluster: nobody, without rights and without a token. The login for images is here and not in pod templates, which never change. */
export function makeServiceAccount(scope: Scope, place: ClusterPlace): Made<V1ServiceAccount> {
  return {
    apiVersion: "v1",
    kind: "ServiceAccount",
    metadata: scopeMetadata(fixedName.serviceAccount, scope, place),
    automountServiceAccountToken: false,
    ...(place.pull !== null && { imagePullSecrets: [{ name: fixedName.pullLogin }] }),
  };
}
