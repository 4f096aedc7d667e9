import { didYouMean } from "../did-you-mean.ts";
import type { KeyPath } from "./problem.ts";

/** What other tools call what a service says here: a key of the service, or one inside it. */
const otherNames: Record<string, readonly string[]> = {
  cmd: ["command"],
  start: ["command"],
  startcommand: ["command"],
  run: ["command"],
  entrypoint: ["command"],
  image: ["base"],
  baseimage: ["base"],
  buildcommand: ["build"],
  install: ["build"],
  environment: ["env"],
  variables: ["env"],
  vars: ["env"],
  path: ["source"],
  root: ["source"],
  rootdir: ["source"],
  rootdirectory: ["source"],
  dir: ["source"],
  directory: ["source"],
  folder: ["source"],
  context: ["source"],
  out: ["output"],
  outputdir: ["output"],
  outputdirectory: ["output"],
  publish: ["output"],
  static: ["output"],
  framework: ["stack"],
  language: ["stack"],
  runtime: ["stack"],
  builder: ["stack"],
  replicas: ["scale"],
  instances: ["scale"],
  healthcheck: ["health", "path"],
  memory: ["resources", "memory"],
  cpu: ["resources", "cpu"],
  route: ["routes"],
  domains: ["routes"],
  cron: ["schedule"],
  crontab: ["schedule"],
};

const fromPort = "unknown key; a service listens on $PORT, which Berth chooses";
/** What needs no key, and what there is instead. */
const needless: Record<string, string> = {
  port: fromPort,
  ports: fromPort,
  expose: fromPort,
  envfile: "unknown key; variables stand below env, or come with `berth config import <file>`",
};

const groups = ["build", "health", "scale", "resources", "stop"];

/** The keys that could have been meant. */
export interface KnownKeys {
  /** Those known at a path. */
  at(path: KeyPath): string[];
  /** The service to show for what belongs to one. */
  service: string;
}

/** What is wrong with a key that is not known at a path: what it may have been meant to be, and where that belongs. */
export function unknownKey(key: string, path: KeyPath, { at, service }: KnownKeys): string {
  const known = at(path);
  const near = didYouMean(key, known);
  const inService = ["services", path[0] === "services" ? (path[1] ?? service) : service];
  const instead = needless[plainName(key)];
  if (instead !== undefined) return instead;
  const target = findTarget(key, path, at, inService) ?? (near === null ? null : [...path, near]);
  if (target === null) return `unknown key; expected one of ${known.join(", ")}`;
  const name = target.at(-1);
  if (target.length === path.length + 1 && path.every((part, index) => part === target[index])) {
    return `unknown key; did you mean ${name}?`;
  }
  if (target.length === 1) return `unknown key here; it belongs to the top of the file: \`${name}: …\``;
  return `unknown key here; it belongs to a service: \`${inYaml(target)}\``;
}

/** Where it belongs besides what looks like it here; null where that is not known. */
function findTarget(key: string, path: KeyPath, keysAt: KnownKeys["at"], inService: KeyPath): KeyPath | null {
  const other = otherNames[plainName(key)];
  if (other !== undefined) {
    const last = other.at(-1) ?? "";
    return keysAt(path).includes(last) ? [...path, last] : [...inService, ...other];
  }
  if (keysAt(inService).includes(key)) return [...inService, key];
  if (keysAt([]).includes(key)) return [key];
  const group = groups.find((name) => keysAt([...inService, name]).includes(key));
  if (group !== undefined) return [...inService, group, key];
  // A word that is nearly a key of a service, at the top of the file.
  if (path.length > 0 || didYouMean(key, keysAt([])) !== null) return null;
  const near = didYouMean(key, keysAt(inService));
  return near === null ? null : [...inService, near];
}

function plainName(key: string): string {
  return key.toLowerCase().replace(/[-_]/g, "");
}

/** A path as one line of YAML: `services: { web: { base: … } }`. */
function inYaml(path: KeyPath): string {
  return path.slice(0, -1).reduceRight<string>((inner, key) => `${key}: { ${inner} }`, `${path.at(-1)}: …`);
}
