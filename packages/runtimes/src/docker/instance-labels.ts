import type { IdentifiedWorkload } from "@berth/core";
import type { KnownExit } from "../instances/known-instance.ts";
import { label } from "./names.ts";

/** What a container remembers of its instance for the next server. */
export interface InstanceHistory {
  restarts: number;
  failures: number;
  /** The end of the container before it in this place. */
  lastExit: KnownExit | null;
  /** What PORT says inside. */
  port: number;
  stopSignal: string;
}

export interface LabelledInstance {
  id: string;
  workload: IdentifiedWorkload;
  history: InstanceHistory;
}

type Labels = Readonly<Record<string, string>>;

/** The labels of a container. The values of variables are not in them: they are in its environment. */
export function makeLabels(
  installation: string,
  instance: string,
  workload: IdentifiedWorkload,
  history: InstanceHistory,
): Record<string, string> {
  const { id, app, environment, service, env, ...spec } = workload;
  return {
    [label.installation]: installation,
    [label.app]: app,
    [label.environment]: environment,
    [label.service]: service,
    [label.workload]: id,
    [label.instance]: instance,
    [label.spec]: JSON.stringify({ ...spec, env: Object.keys(env) }),
    [label.history]: JSON.stringify(history),
  };
}

/** What a container of ours says of its instance, with the workload as it was given; null where its labels are not what we write. */
export function readLabels(labels: Labels, env: readonly string[]): LabelledInstance | null {
  try {
    const { env: names, ...spec } = JSON.parse(labels[label.spec] ?? "");
    const all = new Map(env.map((text) => [text.slice(0, text.indexOf("=")), text.slice(text.indexOf("=") + 1)]));
    const values = (names as string[]).map((name) => [name, all.get(name) ?? ""]);
    const workload: IdentifiedWorkload = {
      ...spec,
      id: read(labels, label.workload),
      app: read(labels, label.app),
      environment: read(labels, label.environment),
      service: read(labels, label.service),
      env: Object.fromEntries(values),
    };
    const history: InstanceHistory = JSON.parse(read(labels, label.history));
    return { id: read(labels, label.instance), workload, history };
  } catch {
    return null;
  }
}

function read(labels: Labels, name: string): string {
  const value = labels[name];
  if (value === undefined) throw new Error(`no label ${name}`);
  return value;
}
