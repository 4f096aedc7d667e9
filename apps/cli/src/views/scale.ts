import { type ScaledBy, scaleText } from "@berth/core/light";
import { type Style, table } from "../framework/output.ts";

interface Scale extends ScaledBy {
  min: number;
  max: number;
  whileAwake?: boolean | undefined;
}

export interface ScaledService {
  spec: { name: string; scale: Scale; cron?: object | undefined };
  /** As berth.yaml has it, where something else holds. */
  declaredScale?: Scale | undefined;
}

/** How many instances each service has, and where that is not what berth.yaml says. */
export function scaleTable(services: readonly ScaledService[], style: Style, isPreview = false): string {
  const rows = services.map(({ spec, declaredScale }) => [
    spec.name,
    spec.cron === undefined ? scaleText(spec.scale) : style.dim("by its schedule"),
    declaredScale === undefined
      ? style.dim(isPreview && sleeps(spec) ? "as previews sleep" : "the same")
      : style.yellow(scaleText(declaredScale)),
  ]);
  return table(["SERVICE", "SCALE", "BERTH.YAML"], rows, style);
}

function sleeps({ scale, cron }: ScaledService["spec"]): boolean {
  return cron === undefined && (scale.min === 0 || scale.whileAwake === true);
}

/** `scale 3 by berth scale; berth.yaml has 1`, of those that differ. */
export function overrideRows(services: readonly ScaledService[]): string[][] {
  return services.flatMap(({ spec, declaredScale }) =>
    declaredScale === undefined ? [] : [["  scale", `${spec.name} ${overrideText(spec.scale, declaredScale)}`]],
  );
}

export function overrideText(scale: Scale, declared: Scale): string {
  return `${scaleText(scale)} by berth scale; berth.yaml has ${scaleText(declared)}`;
}
