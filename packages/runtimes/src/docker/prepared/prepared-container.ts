import { createHash } from "node:crypto";
import type { IdentifiedWorkload } from "@berth/core";
import type { ContainerCreateOptions, ContainerInspectInfo } from "@berth/docker";
import { timeOf } from "../docker-instance.ts";
import { readLabels } from "../instance-labels.ts";
import { label } from "../names.ts";

/** A container that was made for an instance before anybody asks for one, and not started. */
export interface PreparedContainer {
  workload: IdentifiedWorkload;
  /** The name of the instance that it will be. */
  instance: string;
  /** The engine's id of it. */
  container: string;
  /** Of all that it was made with. */
  fingerprint: string;
  createdAt: number;
}

/** Differs where a container would be made otherwise today: of another image, in another network, with other limits. */
export function fingerprintOf({ name: _, Hostname: __, Labels: ___, ...options }: ContainerCreateOptions): string {
  return createHash("sha256").update(JSON.stringify(options)).digest("hex").slice(0, 32);
}

/** Whether a container was made ahead, be it started since or not. */
export function wasPrepared({ Config }: ContainerInspectInfo): boolean {
  return Config.Labels?.[label.prepared] !== undefined;
}

/** Null for a container that is none, or has been started, or could not be. */
export function readPrepared(info: ContainerInspectInfo): PreparedContainer | null {
  const { Status, Error } = info.State;
  const fingerprint = info.Config.Labels?.[label.prepared];
  if (fingerprint === undefined || Status !== "created" || Error !== "") return null;
  const labelled = readLabels(info.Config.Labels ?? {}, info.Config.Env ?? []);
  if (labelled === null) return null;
  const { workload, id: instance } = labelled;
  return { workload, instance, container: info.Id, fingerprint, createdAt: timeOf(info.Created) };
}
