import { type OpenedSession, openSession, type SessionDeps, type SessionOptions } from "./open-session.ts";

export interface OpenRunOptions extends SessionOptions {
  app: string;
  environment: string;
  /** Null: of the one that takes requests. */
  service: string | null;
  /** Null: on the release that is live. */
  version: number | null;
  argv: readonly string[];
}

export interface OpenedRun extends OpenedSession {
  service: string;
  version: number;
  operation: string;
}

/** Runs a command on a release, with input. Throws what `openSession` throws. */
export function openRun(
  deps: SessionDeps,
  { app, environment, service, version, argv, ...options }: OpenRunOptions,
): Promise<OpenedRun> {
  return openSession(deps, { app, environment, route: "runs/attached" }, { service, version, argv }, options);
}
