import type { KubeObject } from "@berth/cluster";
import { isAddition, type LiveDrift } from "./find-drift.ts";
import { foreignEntries } from "./owners.ts";
import { pointerTo, schemaText } from "./path.ts";

type Pointer = readonly (string | number)[];

export type PatchStep = { op: "replace"; path: string; value: unknown } | { op: "remove"; path: string };

/**
 * Takes out of an object what others have added, which no apply does; null where there is nothing. A JSON patch (RFC 6902) for this very
 * version of the object: pointers into lists hold for no other. Whoever has added something is forgotten as a manager,
 * so that defaults, which the API server sets again, are not found as theirs for ever.
 */
export function makeRemoval(
  live: KubeObject,
  drift: readonly LiveDrift[],
  ours: ReadonlySet<string>,
): PatchStep[] | null {
  const added = drift.filter(isAddition);
  const pointers = added.map(({ path }) => pointerTo(live, path)).filter((pointer) => pointer !== null);
  if (pointers.length === 0) return null;
  const adders = new Set(added.map(({ owner }) => owner?.manager));
  const foreign = new Set(foreignEntries(live, ours).filter(({ manager }) => adders.has(manager)));
  const managedFields = (live.metadata.managedFields ?? []).filter((entry) => !foreign.has(entry));
  return [
    { op: "replace", path: "/metadata/resourceVersion", value: live.metadata.resourceVersion },
    ...pointers.toSorted(lastFirst).map((pointer) => ({ op: "remove" as const, path: pointerText(pointer) })),
    { op: "replace", path: "/metadata/managedFields", value: managedFields },
  ];
}

/** Whether the API server keeps a field as it was made first, so that only another object in its place can have it otherwise. */
export function needsReplacement(live: KubeObject, drift: readonly LiveDrift[]): boolean {
  const paths = drift.filter((each) => !isAddition(each)).map(({ path }) => schemaText(path));
  if (live.kind === "Secret") {
    const isImmutable = "immutable" in live && live.immutable === true;
    return paths.some((path) => path === "type" || (isImmutable && /^(?:data|immutable)\b/.test(path)));
  }
  return live.kind === "EndpointSlice" && paths.includes("addressType");
}

/** What is taken out of a list moves what comes after it. */
function lastFirst(a: Pointer, b: Pointer): number {
  for (const [index, place] of a.entries()) {
    const other = b[index];
    if (other === undefined) return -1;
    if (place === other) continue;
    if (typeof place === "number" && typeof other === "number") return other - place;
    return String(place) < String(other) ? 1 : -1;
  }
  return a.length === b.length ? 0 : 1;
}

function pointerText(pointer: Pointer): string {
  return pointer.map((place) => `/${String(place).replaceAll("~", "~0").replaceAll("/", "~1")}`).join("");
}
