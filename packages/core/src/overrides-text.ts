import { commandText } from "./command.ts";
import type { ServiceOverride, StoredOverrides } from "./overrides.ts";

const units = { Gi: 2 ** 30, Mi: 2 ** 20, Ki: 2 ** 10 } as const;

/** What was adopted of a service, in words, one for each thing: `env DEBUG`, `no env LEVEL`, `memory 256Mi`. Values of variables are not among it: some are secret. */
export function overrideTexts({ env = {}, resources = {}, command, healthPath }: ServiceOverride): string[] {
  const { cpuMillis, memoryBytes } = resources;
  return [
    ...Object.entries(env).map(([name, value]) => `${value === null ? "no env" : "env"} ${name}`),
    ...(cpuMillis === undefined ? [] : [`cpu ${cpuMillis}m`]),
    ...(memoryBytes === undefined ? [] : [`memory ${memoryText(memoryBytes)}`]),
    ...(command === undefined ? [] : [`command ${commandText(command)}`]),
    ...(healthPath === undefined ? [] : [`health.path ${healthPath}`]),
  ];
}

/** What berth.yaml would have to say for an environment's overrides to be in it, as a piece of it; empty where there are none. */
export function berthYamlPatch({ scales = {}, adopted = {} }: StoredOverrides): string {
  const names = [...new Set([...Object.keys(scales), ...Object.keys(adopted)])].toSorted();
  const services = names.map((name) => [`  ${name}:`, ...serviceLines(scales[name], adopted[name] ?? {})]);
  return services.length === 0 ? "" : ["services:", ...services.flat()].join("\n");
}

function serviceLines(
  scale: NonNullable<StoredOverrides["scales"]>[string] | undefined,
  { env = {}, resources = {}, command, healthPath }: ServiceOverride,
): string[] {
  const set = Object.entries(env).filter(([, value]) => value !== null);
  const unset = Object.entries(env).filter(([, value]) => value === null);
  const { cpuMillis, memoryBytes } = resources;
  const asked = [
    ...(cpuMillis === undefined ? [] : [`cpu: ${cpuMillis}m`]),
    ...(memoryBytes === undefined ? [] : [`memory: ${memoryText(memoryBytes)}`]),
  ];
  return [
    ...(command === undefined ? [] : [`command: ${JSON.stringify(commandText(command))}`]),
    ...(healthPath === undefined ? [] : [`health: { path: ${JSON.stringify(healthPath)} }`]),
    ...(scale === undefined ? [] : [`scale: ${scaleYaml(scale)}`]),
    ...(asked.length === 0 ? [] : [`resources: { ${asked.join(", ")} }`]),
    ...(set.length === 0 ? [] : ["env:", ...set.map(([name, value]) => `  ${name}: ${JSON.stringify(value)}`)]),
    ...unset.map(([name]) => `# env: take out ${name}`),
  ].map((line) => `    ${line}`);
}

function scaleYaml({ min, max }: { min?: number | undefined; max?: number | undefined }): string {
  if (min === max && min !== undefined) return String(min);
  const bounds = [...(min === undefined ? [] : [`min: ${min}`]), ...(max === undefined ? [] : [`max: ${max}`])];
  return `{ ${bounds.join(", ")} }`;
}

function memoryText(bytes: number): string {
  const unit = (["Gi", "Mi", "Ki"] as const).find((each) => bytes % units[each] === 0);
  // berth.yaml has no bytes.
  return unit === undefined ? `${Math.ceil(bytes / units.Ki)}Ki` : `${bytes / units[unit]}${unit}`;
}
