import { accessSync, constants } from "node:fs";
import { homedir } from "node:os";
import { delimiter, join } from "node:path";
import { readGlibc } from "@berth/builders";
import type { Machine } from "@berth/builders";

/** Variables of this machine that installing packages may need: how the network is reached and whom to trust. */
const passedOn = [
  "HTTP_PROXY",
  "HTTPS_PROXY",
  "NO_PROXY",
  "http_proxy",
  "https_proxy",
  "no_proxy",
  "NODE_EXTRA_CA_CERTS",
  "SSL_CERT_FILE",
  "SSL_CERT_DIR",
];

/** What build steps find on this machine, read once at the start. */
export function readMachine(env: Readonly<Record<string, string | undefined>>): Machine {
  const path = env["PATH"] ?? "/usr/local/bin:/usr/bin:/bin";
  return {
    node: { path: process.execPath, version: process.versions.node, abi: process.versions.modules },
    npm: findProgram("npm", path),
    path,
    env: Object.fromEntries(passedOn.flatMap((name) => (env[name] === undefined ? [] : [[name, env[name]]]))),
    settings: [],
    homeFolder: homedir(),
    glibc: readGlibc(),
  };
}

function findProgram(name: string, path: string): string | null {
  for (const folder of path.split(delimiter)) {
    const file = join(folder, name);
    try {
      accessSync(file, constants.X_OK);
      return file;
    } catch {
      continue;
    }
  }
  return null;
}
