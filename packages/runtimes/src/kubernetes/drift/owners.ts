import type { KubeObject, ManagedFields } from "@berth/cluster";
import { memberOf } from "./path.ts";
import type { Path, Step } from "./path.ts";

/** A tree of managed fields: `f:<field>`, `k:<key of an item>`, `v:<value>`; a leaf has nothing in it, and `.` is the thing itself. */
export type FieldTree = Readonly<Record<string, unknown>>;

export interface Owner {
  manager: string;
  /** ms since the epoch. */
  setAt: number | null;
  subresource: string | null;
}

/** What of a cluster itself changes objects: it does so by their rules, and not by hand. */
const controllers: ReadonlySet<string> = new Set(["kubelet", "kube-scheduler", "kube-apiserver", "cluster-autoscaler"]);

export function isController(manager: string): boolean {
  return controllers.has(manager) || manager.endsWith("-controller-manager");
}

export function ownerOf({ manager = "", time, subresource }: ManagedFields): Owner {
  return { manager, setAt: time === undefined ? null : Date.parse(time) || null, subresource: subresource ?? null };
}

/** Who but `ours` has set fields by hand: neither a controller, nor by a subresource, which has rules of its own. */
export function foreignEntries({ metadata }: KubeObject, ours: ReadonlySet<string>): ManagedFields[] {
  return (metadata.managedFields ?? []).filter(
    ({ manager = "", subresource }) =>
      !ours.has(manager) && !isController(manager) && (subresource === undefined || subresource === ""),
  );
}

/** Who of these has set a field last; null where none has. */
export function lastOwner(entries: readonly ManagedFields[], path: Path): Owner | null {
  const owners = entries.filter(({ fieldsV1 }) => owns(fieldsV1 ?? {}, path)).map(ownerOf);
  return owners.toSorted((a, b) => (b.setAt ?? 0) - (a.setAt ?? 0))[0] ?? null;
}

/** Whether a tree has a field, or a whole that the field is in. */
export function owns(tree: FieldTree, path: Path): boolean {
  let node: unknown = tree;
  for (const step of path) {
    const next = childOf(node, step);
    if (next === undefined) return false;
    if (isLeaf(next)) return true;
    node = next;
  }
  return true;
}

/** The steps from a node of a tree to what is set below it. */
export function stepsOf(tree: FieldTree): { step: Step; below: FieldTree }[] {
  return Object.entries(tree).flatMap(([text, below]) => {
    const step = parseStep(text);
    return step === null ? [] : [{ step, below: (below ?? {}) as FieldTree }];
  });
}

export function isLeaf(node: unknown): boolean {
  return typeof node !== "object" || node === null || Object.keys(node).length === 0;
}

function childOf(node: unknown, step: Step): unknown {
  if (step.kind === "field") return memberOf(node, `f:${step.name}`);
  const found = stepsOf((node ?? {}) as FieldTree).find((child) => isSameStep(child.step, step));
  return found?.below;
}

function isSameStep(a: Step, b: Step): boolean {
  if (a.kind === "value" && b.kind === "value") return a.value === b.value;
  if (a.kind !== "item" || b.kind !== "item") return false;
  const names = Object.keys(a.key);
  return names.length === Object.keys(b.key).length && names.every((name) => a.key[name] === b.key[name]);
}

function parseStep(text: string): Step | null {
  const rest = text.slice(2);
  if (text.startsWith("f:")) return { kind: "field", name: rest };
  if (text.startsWith("k:")) return { kind: "item", key: JSON.parse(rest) as Record<string, unknown> };
  return text.startsWith("v:") ? { kind: "value", value: JSON.parse(rest) as unknown } : null;
}
