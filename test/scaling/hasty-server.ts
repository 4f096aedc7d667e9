// A server whose autoscaler has windows of seconds, for tests that should not take minutes.
import { logInLocalUser } from "../../apps/server/src/first-run/first-run.ts";
import { makeLog } from "../../apps/server/src/log/log.ts";
import { startServer } from "../../apps/server/src/server.ts";
import { readSettings } from "../../apps/server/src/settings/read-settings.ts";
import { defaultPolicy } from "../../packages/deployer/src/index.ts";

const scaling = { ...defaultPolicy.scaling, stableMs: 3_000, panicMs: 1_000, countEveryMs: 200, measureEveryMs: 500 };
const settings = readSettings(process.env);
const server = await startServer(settings, makeLog(settings, false), { policy: { ...defaultPolicy, scaling } });
const say = (line: string) => console.log(line);
await logInLocalUser(server, { client: server.home.client, path: process.env["PATH"] ?? "", say });
for (const [signal, apps] of [
  ["SIGINT", true],
  ["SIGTERM", false],
] as const)
  process.on(signal, () => void server.close({ apps }).then(() => process.exit(0)));
say(server.urls.origin);
