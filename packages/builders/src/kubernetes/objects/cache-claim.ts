import { bytesQuantity } from "@berth/cluster";
import type { Made } from "@berth/cluster";
import type { V1PersistentVolumeClaim } from "@kubernetes/client-node";
import type { BuildPlace } from "../deps.ts";
import { cacheName } from "../names.ts";
import { ofApp } from "./metadata.ts";

/** The volume that an app's builds keep downloads and dependency layers in, of the cluster's default kind. One build at a time has it. */
export function makeCacheClaim(app: string, place: BuildPlace): Made<V1PersistentVolumeClaim> {
  return {
    apiVersion: "v1",
    kind: "PersistentVolumeClaim",
    metadata: { name: cacheName(app), namespace: place.namespace, labels: ofApp(place, app) },
    spec: {
      accessModes: ["ReadWriteOnce"],
      resources: { requests: { storage: bytesQuantity(place.cacheBytes) } },
    },
  };
}
