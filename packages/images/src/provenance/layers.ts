import type { BuildPlan, OriginLayer } from "@berth/core";
import type { ImageDescription } from "../describe.ts";
import { baseLayerCount, foreignAnnotation } from "../manifest.ts";

/** Of a Dockerfile's image nobody knows which layers hold what. In others, above the base come the dependencies, what Berth adds, and the app: the last always, the others where the plan has them. */
export function describeLayers(description: ImageDescription, plan: BuildPlan | null): OriginLayer[] {
  if (foreignAnnotation in description.annotations) {
    return description.layers.map(({ digest, sizeBytes }) => ({ digest, sizeBytes, holds: "dockerfile" }));
  }
  const base = baseLayerCount(description);
  const last = description.layers.length - 1;
  const support = plan !== null && plan.contents.support.length > 0 ? last - 1 : null;
  return description.layers.map(({ digest, sizeBytes }, index) => ({
    digest,
    sizeBytes,
    holds: index < base ? "base" : index === last ? "app" : index === support ? "support" : "dependencies",
  }));
}
