import type { KubeObject } from "@berth/cluster";
import type { Adoption, HandChange } from "@berth/core";
import { containerName } from "../names.ts";
import { commandOf } from "./command-of.ts";
import type { LiveDrift } from "./find-drift.ts";
import { memberOf, pathText } from "./path.ts";
import { isSameQuantity, quantityValue } from "./quantity.ts";

const container = `spec.template.spec.containers[${containerName}].`;
/** Berth's own: where an instance is, and what it listens on. */
const ownVariable = /^(?:PORT|BERTH_(?:APP|ENVIRONMENT|SERVICE|URL_.*))$/;

/** Why berth.yaml has nothing for a field of a Deployment, by how its path begins; the first that fits. */
const refusals: readonly (readonly [RegExp, string])[] = [
  [/^metadata\.|^spec\.template\.metadata|^spec\.selector/, "labels say what belongs to Berth, and are Berth's own"],
  [/\.image$/, "images are built from source: push the change"],
  [/containers\[[^\]]+\]$/i, "an instance is one container; what runs beside it is a service of its own"],
  [/securityContext/, "instances run as Pod Security `restricted` wants it"],
  [/volume/i, "writable folders are `writable:` in berth.yaml, and become another image"],
  [/terminationGracePeriodSeconds/, "it is `stop: { grace }` in berth.yaml"],
  [/Probe/, "of probes only the path can be adopted; `health: { timeout }` in berth.yaml is how long a start may take"],
  [/\.args$/, "berth.yaml has one command line: change `command`, and not `args`"],
  [/limits\.cpu$/, "Berth sets no limit of the processor, which would throttle what idles beside it"],
  [/envFrom/, "berth.yaml names each variable by itself"],
];
const nothing = "berth.yaml has nothing that says it";
/** Why berth.yaml has nothing for an object that is gone, by its kind. */
const absenceRefusals: Readonly<Record<string, string>> = {
  Deployment: "its absence cannot be kept: take the service out of berth.yaml",
  HorizontalPodAutoscaler: "its absence cannot be kept: take `cpu` out of `scale` in berth.yaml",
};
const variableName = /^[A-Za-z_][A-Za-z0-9_]*$/;
const healthPath = /^\/[^\s?#\p{Cc}]*$/u;
const mostInstances = 1_000;
const tooMany = `berth.yaml has up to ${mostInstances} instances of a service`;
const leastMemoryBytes = 4 * 2 ** 20;

/** What the changes of one object are in the words of berth.yaml, each in its turn. */
export function adoptionsOf(object: Pick<KubeObject, "kind">, drift: readonly LiveDrift[]): Adoption[] {
  return drift.map((each) => {
    if (each.path.length === 0) return refuse(absenceRefusals[object.kind] ?? nothing);
    if (object.kind === "Deployment") return ofDeployment(each, drift);
    if (object.kind === "HorizontalPodAutoscaler") return ofAutoscaler(each);
    return object.kind === "Secret" ? ofSecret(each) : refuse(nothing);
  });
}

function ofDeployment(drift: LiveDrift, all: readonly LiveDrift[]): Adoption {
  const text = pathText(drift.path);
  const { found } = drift;
  if (text === "spec.replicas" && typeof found === "number") {
    return found > mostInstances ? refuse(tooMany) : keep({ kind: "instances", count: found });
  }
  const field = text.startsWith(container) ? text.slice(container.length) : null;
  const known = field === null ? null : ofContainer(field, found, all);
  return known ?? refuse(refusals.find(([pattern]) => pattern.test(text))?.[1] ?? nothing);
}

function ofContainer(field: string, found: unknown, all: readonly LiveDrift[]): Adoption | null {
  if (field === "env" && Array.isArray(found)) return ofVariables(found);
  const [, variable, member] = /^env\[([^\]]+)\](\.value)?$/.exec(field) ?? [];
  if (variable !== undefined) return ofVariable(variable, member === undefined ? found : { value: found });
  if (field === "command" && Array.isArray(found)) {
    const command = commandOf(found);
    return command === null ? refuse("it has words that berth.yaml cannot say") : keep({ kind: "command", command });
  }
  const path = /^(?:startup|readiness)Probe\.httpGet(\.path)?$/.exec(field);
  if (path !== null) {
    const health = path[1] === undefined ? memberOf(found, "path") : found;
    if (typeof health === "string" && healthPath.test(health)) return keep({ kind: "health", path: health });
  }
  return ofResources(field, found, all);
}

function ofVariable(name: string, found: unknown): Adoption {
  if (ownVariable.test(name)) return refuse(`${name} is Berth's own`);
  if (!variableName.test(name)) return refuse("names of variables in berth.yaml have letters, digits and _ alone");
  if (found === undefined) return refuse(`Berth sets ${name} where neither the image nor berth.yaml does`);
  const value = memberOf(found, "value");
  if (memberOf(found, "valueFrom") !== undefined) return refuse("berth.yaml has values, and no references to objects");
  if (typeof value === "string" && /\$[$(]/.test(value)) return refuse("to the cluster it is made of other variables");
  // kubectl says nothing for an empty one.
  return keep({ kind: "variables", env: { [name]: typeof value === "string" ? value : "" } });
}

/** All that a container is given besides its Secret, where Berth gives it nothing. */
function ofVariables(list: readonly unknown[]): Adoption {
  const each = list.map((item) => ofVariable(String(memberOf(item, "name")), item));
  const refused = each.find((adoption) => "refusal" in adoption);
  if (refused !== undefined) return refused;
  const env = each.flatMap((adoption) =>
    "change" in adoption && adoption.change.kind === "variables" ? Object.entries(adoption.change.env) : [],
  );
  return keep({ kind: "variables", env: Object.fromEntries(env) });
}

/** Memory: what is asked for and the limit are one in berth.yaml, and the limit is what a program dies of. */
function ofResources(field: string, found: unknown, all: readonly LiveDrift[]): Adoption | null {
  const value = quantityValue(found);
  if (value === null || value <= 0) return null;
  if (field.endsWith(".memory") && value < leastMemoryBytes) return refuse("berth.yaml has memory from 4Mi on");
  if (field === "resources.requests.cpu") {
    return keep({ kind: "resources", cpuMillis: Math.max(1, Math.round(value * 1_000)) });
  }
  if (field === "resources.limits.memory") return keep({ kind: "resources", memoryBytes: Math.round(value) });
  if (field !== "resources.requests.memory") return null;
  const limit = all.find(({ path }) => pathText(path) === `${container}resources.limits.memory`);
  if (limit !== undefined && isSameQuantity(limit.found, found)) {
    return keep({ kind: "resources", memoryBytes: Math.round(value) });
  }
  return refuse("berth.yaml has one figure for what is asked for and for the limit: change both to the same");
}

function ofAutoscaler({ path, found }: LiveDrift): Adoption {
  const text = pathText(path);
  if (typeof found === "number" && found > mostInstances) return refuse(tooMany);
  if (text === "spec.minReplicas" && typeof found === "number") return keep({ kind: "scale", min: found });
  if (text === "spec.maxReplicas" && typeof found === "number") return keep({ kind: "scale", max: found });
  return refuse(text.startsWith("spec.metrics") ? "the load that is kept is `scale: { cpu }` in berth.yaml" : nothing);
}

/** The variables of a workload. What somebody has put there was seen, and not kept anywhere. */
function ofSecret({ path, found }: LiveDrift): Adoption {
  const [first, second] = path;
  const name = first?.kind === "field" && first.name === "data" && second?.kind === "field" ? second.name : null;
  if (name === null || path.length !== 2) return refuse(nothing);
  if (ownVariable.test(name)) return refuse(`${name} is Berth's own`);
  if (found === undefined) return keep({ kind: "variables", env: { [name]: null } });
  return refuse("values of Secrets are neither shown nor kept: set it in berth.yaml");
}

function keep(change: HandChange): Adoption {
  return { change };
}

function refuse(refusal: string): Adoption {
  return { refusal };
}
