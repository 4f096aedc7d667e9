export { startGitServer, type GitServer, type GitServerDeps } from "./git-server.ts";
export { durationText } from "./progress/duration.ts";
export { plainLine, terminalLine } from "./progress/plain-text.ts";
export { makeProgress, type Progress, type Standing } from "./progress/progress.ts";
export { relayOperation } from "./progress/relay.ts";
