import {
  canonicalJson,
  type Environment,
  overrideTexts,
  type ReleasedService,
  scaleText,
  type Snapshot,
  type Store,
  type StoredOverrides,
  withoutRedundant,
} from "@berth/core";
import type { OperationContext } from "./operations.ts";

/** The overrides of an environment: those of what it serves. */
export async function findOverrides(
  store: Pick<Store, "releases">,
  { app, name, live }: Environment,
): Promise<StoredOverrides & Pick<Snapshot, "held">> {
  if (live === null) return {};
  return (await store.releases.get({ app, environment: name }, live))?.snapshot ?? {};
}

/** The overrides that go on top of services that come from source just now. What berth.yaml says by itself by now is forgotten, and told. */
export function carryOverrides(
  { timeline }: Pick<OperationContext, "timeline">,
  services: readonly ReleasedService[],
  { scales, adopted: before }: StoredOverrides,
): StoredOverrides {
  const { adopted, redundant } = withoutRedundant(services, before);
  for (const [service, override] of Object.entries(redundant))
    for (const text of overrideTexts(override))
      timeline.line("release", `${text} was adopted, and is in berth.yaml now`, service);
  return { scales, adopted };
}

/** Says where a release is not as berth.yaml has it, and what of it has no effect here. */
export function tellOverrides(
  { timeline }: Pick<OperationContext, "timeline">,
  { services, scales, adopted = {} }: Snapshot,
): void {
  for (const { spec, declaredScale } of services) {
    const { name } = spec;
    for (const text of overrideTexts(adopted[name] ?? {}))
      timeline.line("release", `${text}, changed by hand and adopted`, name);
    if (declaredScale === undefined) continue;
    const own = scaleText(spec.scale);
    const declared = scaleText(declaredScale);
    const what =
      own === declared
        ? `scale ${own} by berth scale, and in berth.yaml: berth scale ${name} --reset has no other effect`
        : `scale ${own} by berth scale; berth.yaml has ${declared}`;
    timeline.line("release", what, name);
    const { min, max } = spec.scale;
    if (scales?.[name]?.max !== undefined && min === 0 && max > 0 && !spec.listens)
      timeline.line(
        "release",
        `max ${max} has no effect: it takes no requests that could wake it, so none runs. Let at least one run: berth scale ${name} --min 1`,
        name,
      );
  }
}

export function isSameContent(before: Snapshot, after: Snapshot): boolean {
  const content = ({ services, release, config, held, scales, adopted }: Snapshot) =>
    canonicalJson([services, release, config, held, scales, adopted]);
  return content(before) === content(after);
}
