import type { V1Secret } from "@kubernetes/client-node";

/** What nodes log in to a registry with. */
export interface RegistryLogin {
  /** Such as `registry.example.org:5000`. */
  registry: string;
  username: string;
  password: string;
}

/** The content of a Secret by which nodes fetch images from a registry. */
export function registryLoginContent({ registry, username, password }: RegistryLogin) {
  const auth = base64(`${username}:${password}`);
  return {
    type: "kubernetes.io/dockerconfigjson",
    data: { ".dockerconfigjson": base64(JSON.stringify({ auths: { [registry]: { username, password, auth } } })) },
  } satisfies Pick<V1Secret, "type" | "data">;
}

function base64(text: string): string {
  return Buffer.from(text).toString("base64");
}
