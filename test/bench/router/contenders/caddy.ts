import { join } from "node:path";
import type { ProxyProgram } from "./proxy-program.ts";

/** One process that uses all cores, as it does by itself. */
export const caddy: ProxyProgram = {
  name: "caddy",
  argv: (folder) => ["run", "--config", join(folder, "configuration"), "--adapter", "caddyfile"],
  configuration: ({ port, upstreamPort, folder }) => `{
  admin off
  auto_https off
  storage file_system ${folder}
  log {
    level ERROR
  }
}
http://:${port} {
  bind 127.0.0.1
  reverse_proxy 127.0.0.1:${upstreamPort} {
    transport http {
      keepalive_idle_conns_per_host 256
    }
  }
}
`,
};
