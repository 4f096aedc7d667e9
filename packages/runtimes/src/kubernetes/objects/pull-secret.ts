import type { Made } from "@berth/cluster";
import type { V1Secret } from "@kubernetes/client-node";
import type { Scope } from "@berth/core";
import type { ClusterPlace, PullLogin } from "../model.ts";
import { fixedName } from "../names.ts";
import { scopeMetadata } from "./metadata.ts";

/** What nodes log in with to fetch the images of an environment. */
export function makePullSecret(scope: Scope, pull: PullLogin, place: ClusterPlace): Made<V1Secret> {
  const { registry, username, password } = pull;
  const auth = base64(`${username}:${password}`);
  return {
    apiVersion: "v1",
    kind: "Secret",
    metadata: scopeMetadata(fixedName.pullLogin, scope, place),
    type: "kubernetes.io/dockerconfigjson",
    data: { ".dockerconfigjson": base64(JSON.stringify({ auths: { [registry]: { username, password, auth } } })) },
  };
}

function base64(text: string): string {
  return Buffer.from(text).toString("base64");
}
