import { join } from "node:path";
import type { ProxyProgram } from "./proxy-program.ts";

/** One process with a thread for each worker, and connections to the upstream that any client's request may use. */
export const haproxy: ProxyProgram = {
  name: "haproxy",
  argv: (folder) => ["-q", "-db", "-f", join(folder, "configuration")],
  configuration: ({ port, upstreamPort, workers }) => `global
  nbthread ${workers}
  maxconn 4096
defaults
  mode http
  option forwardfor
  http-reuse always
  timeout connect 5s
  timeout client 60s
  timeout server 300s
frontend front
  bind 127.0.0.1:${port}
  default_backend app
backend app
  server app 127.0.0.1:${upstreamPort}
`,
};
