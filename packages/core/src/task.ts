import type { Command } from "./command.ts";
import type { ReleasedService } from "./release.ts";
import { describeWorkload, type IdentifiedWorkload, type Place, type Workload, workloadId } from "./workload.ts";

/**
 * A command that runs once, to its end, as an instance of a service would run: its image, variables and resources. Each run is
 * another task, for its operation is part of it.
 */
export interface Task extends Workload {
  kind: "task";
  health: null;
  /** The operation that it runs for. */
  run: string;
  /** It is ended after so long; null: never. */
  timeoutMs: number | null;
  /** The version whose release command it takes back; missing: it is no undo command. */
  undoes?: number;
}

/** A task with the id that names its run. */
export interface IdentifiedTask extends Task {
  id: string;
}

export interface TaskOrder {
  command: Command;
  /** The operation that it runs for. */
  run: string;
  timeoutMs: number | null;
  undoes?: number;
}

/** A command as a run on a released service, with its id. */
export function makeTask(
  service: ReleasedService,
  order: TaskOrder,
  place: Place,
  installationKey: Uint8Array,
): IdentifiedTask {
  return taskOf(describeWorkload(service, place), order, installationKey);
}

/** A command as a run beside a workload, with its id. */
export function makeTaskBeside(
  { id: _, ...workload }: IdentifiedWorkload,
  order: TaskOrder,
  installationKey: Uint8Array,
): IdentifiedTask {
  return taskOf(workload, order, installationKey);
}

/** The run of a workload that has a schedule, with its id. */
export function makeCronTask(
  workload: IdentifiedWorkload,
  order: Omit<TaskOrder, "command">,
  installationKey: Uint8Array,
): IdentifiedTask {
  return makeTaskBeside(workload, { ...order, command: workload.command }, installationKey);
}

function taskOf({ cron: _, ...workload }: Workload, order: TaskOrder, installationKey: Uint8Array): IdentifiedTask {
  const task: Task = { ...workload, ...order, kind: "task", health: null };
  return { ...task, id: workloadId(task, installationKey) };
}

/** Equal for tasks that do the same, whichever operation they run for. */
export function taskContent({ id: _, ...task }: IdentifiedTask, installationKey: Uint8Array): string {
  return workloadId({ ...task, run: "" } as Task, installationKey);
}

/** Whether a workload is a task. */
export function isTask<W extends Workload>(workload: W): workload is W & IdentifiedTask {
  return workload.kind === "task";
}
