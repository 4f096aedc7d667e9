import { keyDefaults, memberOf, schemaText } from "./path.ts";
import type { Path, Step } from "./path.ts";

const pod = "spec.template.spec";

/** By which members the items of a list are told apart, as the schemas of Kubernetes say. Lists that are not named here are one value each. */
const listKeys: Readonly<Record<string, readonly string[]>> = {
  [`${pod}.containers`]: ["name"],
  [`${pod}.initContainers`]: ["name"],
  [`${pod}.volumes`]: ["name"],
  [`${pod}.topologySpreadConstraints`]: ["topologyKey", "whenUnsatisfiable"],
  ...ofContainers("containers"),
  ...ofContainers("initContainers"),
  // Of a Service; a NetworkPolicy's ports lie deeper.
  "spec.ports": ["port", "protocol"],
};

function ofContainers(list: string): Record<string, readonly string[]> {
  const container = `${pod}.${list}`;
  return {
    [`${container}.env`]: ["name"],
    [`${container}.ports`]: ["containerPort", "protocol"],
    [`${container}.volumeMounts`]: ["mountPath"],
  };
}

/** How to find the same item in another list at this path; null where the list is one value. */
export function itemSteps(path: Path): ((item: unknown) => Step) | null {
  const key = listKeys[schemaText(path)];
  if (key === undefined) return null;
  return (item) => ({
    kind: "item",
    key: Object.fromEntries(key.map((name) => [name, memberOf(item, name) ?? keyDefaults[name]])),
  });
}
