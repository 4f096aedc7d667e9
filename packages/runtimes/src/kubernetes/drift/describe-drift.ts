import type { KubeObject } from "@berth/cluster";
import type { DriftField } from "@berth/core";
import { adoptionsOf } from "./adoption.ts";
import type { LiveDrift } from "./find-drift.ts";
import { pathText } from "./path.ts";

const maxChars = 200;

/** Drift as people are told of it. What a Secret holds is told to nobody. */
export function describeDrift({ kind }: Pick<KubeObject, "kind">, drift: readonly LiveDrift[]): DriftField[] {
  const adoptions = adoptionsOf({ kind }, drift);
  return drift.map(({ path, desired, found, owner }, index) => {
    const [first] = path;
    const isSecret = kind === "Secret" && first?.kind === "field" && /^(?:data|stringData)$/.test(first.name);
    const text = (value: unknown) => (value === undefined ? null : isSecret ? "(hidden)" : valueText(value));
    return {
      path: pathText(path),
      desired: text(desired),
      found: text(found),
      manager: owner?.manager ?? null,
      setAt: owner?.setAt ?? null,
      adoption: adoptions[index]!,
    };
  });
}

function valueText(value: unknown): string {
  const text = typeof value === "string" ? value : JSON.stringify(value);
  return text.length > maxChars ? `${text.slice(0, maxChars)}…` : text;
}
