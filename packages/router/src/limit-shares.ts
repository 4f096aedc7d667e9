/** What is counted against a limit: all connections, those of a client, requests of a service under way, and those that wait. */
export type LimitKind = "connections" | "client" | "in-flight" | "waiting";

/** Limits that several processes may have to keep together: each asks before it takes one more. */
export interface LimitShares {
  /** Whether there may be one more of `key` where this process has `used`. `limit` is for all of them together, and above 0. */
  admits(kind: LimitKind, key: string, limit: number, used: number): boolean;
  /** Of `key` this process has `used` left. */
  left(kind: LimitKind, key: string, limit: number, used: number): void;
}

/** For a process that is alone with its limits. */
export const wholeLimits: LimitShares = {
  admits: (_kind, _key, limit, used) => used < limit,
  left: () => undefined,
};
