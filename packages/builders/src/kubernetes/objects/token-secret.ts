import type { Made } from "@berth/cluster";
import type { V1Secret } from "@kubernetes/client-node";
import type { BuildPlace } from "../deps.ts";
import { label } from "../names.ts";
import { ofApp } from "./metadata.ts";

/** By what a build's pod reaches its task: good for this build alone, and as long as it runs. */
export function makeTokenSecret(
  build: { app: string; name: string; url: string; token: string },
  place: BuildPlace,
): Made<V1Secret> {
  return {
    apiVersion: "v1",
    kind: "Secret",
    metadata: {
      name: build.name,
      namespace: place.namespace,
      labels: { ...ofApp(place, build.app), [label.build]: build.name },
    },
    type: "Opaque",
    data: { url: base64(build.url), token: base64(build.token) },
    immutable: true,
  };
}

function base64(text: string): string {
  return Buffer.from(text).toString("base64");
}
