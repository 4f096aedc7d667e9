import type { BuildPlan, Command, Finding, PlanProblem, TreeView } from "@berth/core";

/** What is said about a service besides its source. */
export interface Hints {
  /** The service's name. */
  service: string;
  /** All services of this source, this one among them: they share what is built of it. */
  services: readonly StartedService[];
  /** The file that says what starts an instance, if any does. What it is stays out of the plan, so that a changed command needs no build. */
  commandFrom: "berth.yaml" | "Procfile" | null;
  /** A command that replaces the stack's build. */
  build: string | null;
  /** Variables that berth.yaml declares for the build. */
  buildEnv: Readonly<Record<string, string>>;
  /** The folder of the built static site. */
  output: string | null;
  /** The language's version. */
  version: string | null;
  /** The Dockerfile that berth.yaml names. */
  dockerfile: string | null;
  /** The workspace that the source is a member of; null where it stands for itself. */
  workspace: Workspace | null;
}

/** A workspace of packages, seen from one of its members: the plan's tree is then the workspace's, without the members that this one does not need. */
export interface Workspace {
  root: TreeView;
  /** The member's folder, relative to the root. */
  folder: string;
  /** Folders of the members that it depends on, each after those that it depends on itself. */
  needed: readonly string[];
}

/** A service, and the command line that berth.yaml or a Procfile says for it; null where the stack decides. */
export interface StartedService {
  name: string;
  command: string | null;
}

export type StackResult =
  | {
      ok: true;
      plan: BuildPlan;
      /** Commands of services that the source has a program of their own for, by name. Not in the plan, which all services of a source share. */
      processes?: Record<string, Command>;
    }
  | { ok: false; problem: PlanProblem };

/** One way to build and run source. Pure: everything it knows is in its arguments. */
export interface Stack {
  name: string;
  /** Whether it wants the text of this file. */
  reads(path: string): boolean;
  /** What in the tree says that this stack fits; null where it does not. */
  detect(tree: TreeView): Finding | null;
  /** Whether it builds members of a workspace from the workspace's root. */
  plansMembers?: boolean;
  plan(tree: TreeView, hints: Hints): StackResult;
  /** A command line of berth.yaml or a Procfile, as it runs in this stack's image (with tools of the project found as its scripts find them). */
  command(text: string, tree: TreeView): Command;
}

/** How long a build, and an installation of dependencies, may take. */
export const buildTimeoutMs = 20 * 60_000;
export const installTimeoutMs = 15 * 60_000;

export function refuse(message: string, path: string | null, hint: string): { ok: false; problem: PlanProblem } {
  return { ok: false, problem: { message, path, hint } };
}

/** Refuses `output:` for what is started rather than served: `what` says what it is. */
export function refuseOutput({ output }: Hints, what: string): { ok: false; problem: PlanProblem } | null {
  if (output === null) return null;
  const message = `\`output:\` is the folder of a static site, and this is ${what}.`;
  return refuse(message, "berth.yaml", "Leave it out, or add `stack: static`.");
}
