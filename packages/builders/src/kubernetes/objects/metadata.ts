import type { BuildPlace } from "../deps.ts";
import { label } from "../names.ts";

/** What everything of builds carries. */
export function buildLabels({ installation }: Pick<BuildPlace, "installation">): Record<string, string> {
  return { "app.kubernetes.io/managed-by": "berth", [label.builds]: installation };
}

export function ofApp(place: Pick<BuildPlace, "installation">, app: string): Record<string, string> {
  return {
    ...buildLabels(place),
    "app.kubernetes.io/name": app,
    "app.kubernetes.io/component": "build",
    [label.app]: app,
  };
}
