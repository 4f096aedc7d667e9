import { join } from "node:path";
import type { ProxyProgram } from "./proxy-program.ts";

/** Keep-alive to both sides, its workers at one port each by the kernel's choice as Berth's are, and bodies passed on as they come. */
export const nginx: ProxyProgram = {
  name: "nginx",
  argv: (folder) => ["-p", folder, "-e", join(folder, "error.log"), "-c", join(folder, "configuration")],
  configuration: ({ port, upstreamPort, workers }) => `daemon off;
worker_processes ${workers};
${process.getuid?.() === 0 ? "user root;" : ""}
pid nginx.pid;
error_log error.log;
events { worker_connections 4096; }
http {
${temporaryPaths.join("\n")}
  access_log off;
  keepalive_requests 1000000000;
  client_max_body_size 0;
  upstream app { server 127.0.0.1:${upstreamPort}; keepalive 256; keepalive_requests 1000000000; }
  server {
    listen 127.0.0.1:${port} reuseport;
    location / {
      proxy_pass http://app;
      proxy_http_version 1.1;
      proxy_request_buffering off;
      proxy_max_temp_file_size 0;
      proxy_set_header Connection "";
      proxy_set_header Host $http_host;
      proxy_set_header X-Forwarded-For $remote_addr;
    }
  }
}
`,
};

const temporaryPaths = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"].map(
  (name) => `  ${name}_temp_path ${name};`,
);
