export { type Fetch } from "./client/checked-fetch.ts";
export { type FollowOptions } from "./client/follow-operation.ts";
export { type Client, type ClientOptions, makeClient } from "./client/make-client.ts";
export { type OpenedExec, type OpenExecOptions } from "./client/open-exec.ts";
export { type OpenedRun, type OpenRunOptions } from "./client/open-run.ts";
export { type OpenedSession, type SessionOptions } from "./client/open-session.ts";
export { type StreamLogsOptions } from "./client/stream-logs.ts";
export type { ServiceLogLine } from "./deps.ts";
export type { TimelineItem } from "./timeline.ts";
export type { ApiType } from "./api.ts";
export {
  type Credential,
  type Credentials,
  gitCredentialConfig,
  readCredentials,
  removeCredential,
  saveCredential,
} from "./client/credentials.ts";
