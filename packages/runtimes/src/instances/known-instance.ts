/** How an instance has ended. */
export interface KnownExit {
  at: number;
  code: number | null;
  signal: string | null;
  outOfMemory: boolean;
  /** Why it could not even be started, or that its keeper was lost: a sentence's end after "it ". */
  failure: string | null;
}

/**
 * - `running`: started and not asked to stop
 * - `stopping`: asked to stop; gone when it has ended
 * - `ending`: its keeper was lost, and it is being ended; exited when it has
 * - `ended`: it has ended, and what it wrote last is being read; exited then
 * - `exited`: ended by itself; its place waits
 */
export type KnownState = "running" | "stopping" | "ending" | "ended" | "exited";

/** An instance as a driver knows it. Each adds how it is reached and stopped. */
export interface KnownInstance {
  id: string;
  workload: string;
  app: string;
  environment: string;
  service: string;
  state: KnownState;
  startedAt: number;
  /** Told by the server, so that the next one knows. */
  readyAt: number | null;
  /** At which it answered its health check; null for a worker, and until then. */
  host: string | null;
  /** At which it is reached. */
  port: number;
  restarts: number;
  /** Crashes since it was last healthy for a minute. */
  failures: number;
  memoryLimitBytes: number;
  memoryBytes: number | null;
  /** Missing where nobody has measured it yet. */
  cpuMillis?: number | null;
  stopGraceMs: number;
  lastExit: KnownExit | null;
  /** When its image was brought to where it runs, where that was part of this start. */
  brought?: { from: number; at: number } | null;
}
