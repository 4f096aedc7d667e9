export { type ApiType, makeApi } from "./api.ts";
export { type Authenticated, type Authenticator, makeAuthenticator } from "./auth/authenticator.ts";
export { createToken, hashToken, looksLikeToken } from "./auth/token.ts";
export type { ApiDeps, LogSource, ServiceLogLine, ServiceLogOptions } from "./deps.ts";
export { makeNodeListener } from "./node-listener.ts";
export { type ApiUpgrades, makeApiUpgrades } from "./sessions/upgrades.ts";
export { makeUrls, type Urls } from "./urls.ts";
