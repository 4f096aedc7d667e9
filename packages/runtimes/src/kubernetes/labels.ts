import { type IdentifiedWorkload, isTask, type Scope } from "@berth/core";
import { labelValue } from "./names.ts";

const prefix = "dev.berth/";

/** By them an installation finds what it has made, and leaves alone what it has not. */
export const label = {
  installation: `${prefix}installation`,
  app: `${prefix}app`,
  environment: `${prefix}environment`,
  service: `${prefix}service`,
  workload: `${prefix}workload`,
  release: `${prefix}release`,
  /** Of all that belongs to a task: the operation that it runs for. */
  run: `${prefix}run`,
} as const;

const managedByBerth = { "app.kubernetes.io/managed-by": "berth" } as const;

export type Labels = Record<string, string>;

export function scopeLabels(installation: string, { app, environment }: Scope): Labels {
  return {
    "app.kubernetes.io/name": app,
    "app.kubernetes.io/instance": labelValue(`${app}--${environment}`),
    "app.kubernetes.io/part-of": app,
    ...managedByBerth,
    [label.installation]: installation,
    [label.app]: app,
    [label.environment]: labelValue(environment),
  };
}

export function serviceLabels(installation: string, scope: Scope, service: string): Labels {
  return {
    ...scopeLabels(installation, scope),
    "app.kubernetes.io/component": service,
    [label.service]: service,
  };
}

/** Of all that belongs to a workload, its pods too. */
export function workloadLabels(installation: string, workload: IdentifiedWorkload): Labels {
  return {
    ...serviceLabels(installation, workload, workload.service),
    [label.workload]: workload.id,
    ...(isTask(workload) && { [label.run]: workload.run }),
  };
}

/** Finds the pods of a workload. A Deployment never changes it. */
export function workloadSelector({ id }: Pick<IdentifiedWorkload, "id">): Labels {
  return { [label.workload]: id };
}
