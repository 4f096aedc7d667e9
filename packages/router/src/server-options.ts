import type { ServerOptions } from "node:http";
import { takesUpgrade } from "./upgrade.ts";

/** How a server in front of the router is to be made, so that long uploads, idle clients and offers of HTTP/2 are treated as the router means it. */
export const httpServerOptions: ServerOptions = {
  noDelay: true,
  keepAliveTimeout: 75_000,
  headersTimeout: 60_000,
  // An upload may take hours.
  requestTimeout: 0,
  shouldUpgradeCallback: takesUpgrade,
};
