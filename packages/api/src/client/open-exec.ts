import { type OpenedSession, openSession, type SessionDeps, type SessionOptions } from "./open-session.ts";

export interface OpenExecOptions extends SessionOptions {
  app: string;
  environment: string;
  service?: string;
  instance?: string;
  /** Empty: a shell. */
  argv: readonly string[];
}

export interface OpenedExec extends OpenedSession {
  service: string;
  instance: string;
  version: number | null;
}

/** Starts a program beside an instance. Throws what `openSession` throws. */
export function openExec(
  deps: SessionDeps,
  { app, environment, service, instance, argv, ...options }: OpenExecOptions,
): Promise<OpenedExec> {
  const start = { service: service ?? null, instance: instance ?? null, argv };
  return openSession(deps, { app, environment, route: "exec" }, start, options);
}
