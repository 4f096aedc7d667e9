import type { Digest } from "../artifact.ts";
import { commandText } from "../command.ts";
import type { BaseImage } from "../plan.ts";
import { writtenDuration } from "../parse-units.ts";
import { scheduleKey } from "../cron.ts";
import { scaleText } from "../scale-text.ts";
import type { MetricCommand, ServiceSpec } from "../service.ts";
import { sizeText } from "../size-text.ts";
import { canonicalJson, describeWorkload } from "../workload.ts";
import { comparePackages, type PackageChanges } from "./packages.ts";
import type { CodeChange, DiffedService, DiffSide, NamedObject } from "./sides.ts";

/** What is otherwise in one release than in another, or would be. */
export interface ReleaseDiff {
  /** Null: there is nothing to compare with, so all is new. */
  before: number | null;
  /** Null: it is no release yet. */
  after: number | null;
  /** Null: what is deployed, or what is live, is no commit. */
  code: CodeChange | null;
  /** By name. */
  services: readonly ServiceDiff[];
  /** The release command, where it is another one. */
  command: FieldChange | null;
  /** What a rollback from it could not take back, each a clause. */
  lasting: readonly string[];
}

export interface ServiceDiff {
  service: string;
  /** `stays`: what runs goes on, with another scale or other routes at most. */
  change: "new" | "gone" | "restarts" | "stays";
  /** Whether it runs another image. */
  image: boolean;
  /** Names of variables; values may be secret. */
  env: { added: readonly string[]; removed: readonly string[]; changed: readonly string[] };
  fields: readonly FieldChange[];
  /** The image that it lies on, where it is another one. */
  base: { before: BaseImage | null; after: BaseImage | null } | null;
  /** Null: the same, or not known. */
  packages: PackageChanges | null;
  /** What is on a cluster afterwards and was not, and the other way round. */
  objects: { added: readonly NamedObject[]; removed: readonly NamedObject[] };
}

/** Null: it was not there, or is not any more. */
export interface FieldChange {
  field: string;
  before: string | null;
  after: string | null;
}

/** Compares what is live, or nothing, with what is to be. */
export function diffReleases(before: DiffSide | null, after: DiffSide, code: CodeChange | null): ReleaseDiff {
  const [old, now] = [before?.services ?? [], after.services];
  const names = [...new Set([...now, ...old].map(({ spec }) => spec.name))];
  const services = names.map((name) => diffService(name, old, now));
  const command = {
    field: "release",
    before: before?.release ? commandText(before.release.command) : null,
    after: after.release ? commandText(after.release.command) : null,
  };
  return {
    before: before?.version ?? null,
    after: after.version,
    code,
    services,
    command: command.before === command.after ? null : command,
    lasting: before === null ? [] : lastingOf(after, services, command.before !== command.after),
  };
}

/** Whether anything at all is otherwise. */
export function isEmptyDiff({ before, code, services, command }: ReleaseDiff): boolean {
  const isSameCode = code === null || code.direction === "same";
  return before !== null && isSameCode && command === null && services.every(isSame);
}

/** Whether a service goes on as it is. */
export function isSame({ change, fields }: ServiceDiff): boolean {
  return change === "stays" && fields.length === 0;
}

function diffService(name: string, old: readonly DiffedService[], now: readonly DiffedService[]): ServiceDiff {
  const [before, after] = [find(old, name), find(now, name)];
  const restarts = before && after && contentOf(before, old) !== contentOf(after, now);
  const image = before?.image !== after?.image || after?.image === null;
  return {
    service: name,
    change: before === undefined ? "new" : after === undefined ? "gone" : restarts || image ? "restarts" : "stays",
    image,
    env: diffNames(before?.spec.env ?? {}, after?.spec.env ?? {}),
    fields: before && after ? diffFields(before.spec, after.spec) : [],
    base: before && after && isOtherBase(before.base, after.base) ? { before: before.base, after: after.base } : null,
    packages: before?.packages && after?.packages ? comparePackages(before.packages, after.packages) : null,
    objects: {
      added: without(after?.objects ?? [], before?.objects ?? []),
      removed: without(before?.objects ?? [], after?.objects ?? []),
    },
  };
}

function find(services: readonly DiffedService[], name: string): DiffedService | undefined {
  return services.find(({ spec }) => spec.name === name);
}

/** What makes its workload one and the same, wherever that is: its neighbours by their names. */
function contentOf({ spec, image }: DiffedService, all: readonly DiffedService[]): string {
  const listening = all.length < 2 ? [] : all.filter((one) => one.spec.listens).map((one) => one.spec.name);
  const neighbours = Object.fromEntries(listening.map((name) => [name, name]));
  const unbuilt: Digest = "sha256:";
  const place = { app: "", environment: "", cluster: null, neighbours };
  return canonicalJson(describeWorkload({ spec, image: image ?? unbuilt }, place));
}

function diffNames(before: Readonly<Record<string, string>>, after: Readonly<Record<string, string>>) {
  return {
    added: Object.keys(after).filter((name) => !Object.hasOwn(before, name)),
    removed: Object.keys(before).filter((name) => !Object.hasOwn(after, name)),
    changed: Object.keys(after).filter((name) => Object.hasOwn(before, name) && before[name] !== after[name]),
  };
}

function diffFields(before: ServiceSpec, after: ServiceSpec): FieldChange[] {
  const [old, now] = [textsOf(before), textsOf(after)];
  return Object.keys(now).flatMap((field) => {
    const change = { field, before: old[field] ?? null, after: now[field] ?? null };
    return change.before === change.after ? [] : [change];
  });
}

function metricText({ command, everyMs }: MetricCommand): string {
  return `${commandText(command)}, every ${writtenDuration(everyMs)}`;
}

function textsOf({ command, routes, scale, resources, health, listens, stopGraceMs, cron }: ServiceSpec) {
  const texts: Record<string, string | null> = {
    command: commandText(command),
    routes: routes.length === 0 ? null : routes.join(" "),
    scale: scaleText(scale),
    metric: scale.metric === undefined ? null : metricText(scale.metric),
    idle: writtenDuration(scale.idleMs),
    wake: scale.wake === undefined ? null : `${writtenDuration(scale.wake.timeoutMs)}, ${scale.wake.queue} requests`,
    cpu: `${resources.cpuMillis}m`,
    memory: sizeText(resources.memoryBytes),
    health: listens ? `${health.path} within ${writtenDuration(health.timeoutMs)}` : null,
    "stop.grace": writtenDuration(stopGraceMs),
    schedule: cron === undefined ? null : scheduleKey(cron),
    overlap: cron?.overlap ?? null,
    timeout: cron === undefined ? null : writtenDuration(cron.timeoutMs),
    catchUp: cron === undefined ? null : writtenDuration(cron.catchUpMs),
    "previews.crons": cron === undefined ? null : String(cron.inPreviews),
  };
  return texts;
}

function isOtherBase(before: BaseImage | null, after: BaseImage | null): boolean {
  return before?.image !== after?.image || before?.digest !== after?.digest;
}

function without(objects: readonly NamedObject[], others: readonly NamedObject[]): NamedObject[] {
  const keys = new Set(others.map(({ kind, name }) => `${kind} ${name}`));
  return objects.filter(({ kind, name }) => !keys.has(`${kind} ${name}`));
}

/** A release command that nothing takes back, where it would run: not for what is live already. */
function lastingOf({ release }: DiffSide, services: readonly ServiceDiff[], isOther: boolean): string[] {
  if (release === null || release.undo !== undefined || release.rollback === "safe") return [];
  const runs = isOther || services.some(({ change }) => change !== "stays");
  return runs ? [`the release command has no undo: ${commandText(release.command)}`] : [];
}
