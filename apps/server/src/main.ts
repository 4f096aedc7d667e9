import { flushCompileCache } from "node:module";
import { parseArgs } from "node:util";
import { BerthError, toBerthError } from "@berth/core";
import { deployExample, type FirstRunOptions, logInLocalUser } from "./first-run/first-run.ts";
import { makeLog } from "./log/log.ts";
import { readSettings, routerSettings } from "./settings/read-settings.ts";
import type { Settings } from "./settings/settings.ts";
import { settingsHelp } from "./settings/variables.ts";
import { version } from "./version.ts";

const usage = `Usage: npm start [-- options]

  --role all      which parts to run: all, or router; also BERTH_ROLE
  --no-example    do not deploy examples/hello on the first start
  --help          this text

Settings, as environment variables:
${settingsHelp.map(({ name, about }) => `  ${name.padEnd(23)} ${about}`).join("\n")}`;

const say = (line: string) => void process.stdout.write(`${line}\n`);

async function main(): Promise<void> {
  const options = readOptions();
  if (options.help) return say(usage);
  const settings = readSettings({ ...process.env, ...(options.role !== undefined && { BERTH_ROLE: options.role }) });
  const worker = options.worker === undefined ? null : Number(options.worker);
  if (settings.role === "router") await runRouter(settings, worker);
  else await runServer(settings, options.example);
  flushCompileCache();
}

/** Each role loads what it runs, and nothing else. */
async function runRouter(settings: Settings, worker: number | null): Promise<void> {
  const { startRouterProcess } = await import("./router/router-process.ts");
  const given = routerSettings(settings);
  const router = await startRouterProcess(given, makeLog(settings, process.stderr.isTTY), worker);
  stopOnSignals(() => router.close());
  if (worker !== null) return tellParent();
  const origin = `http://${settings.domain}:${router.port}`;
  say(`Berth ${version} router  ${origin}  (fed by ${given.server}; its last table is in ${settings.home})`);
}

/** A worker is there, and goes on when the process that has started it is gone, with its output. */
function tellParent(): void {
  process.stderr.on("error", () => undefined);
  process.send?.("started");
  process.channel?.unref();
}

async function runServer(settings: Settings, isFirstRun: boolean): Promise<void> {
  const { startServer } = await import("./server.ts");
  const server = await startServer(settings, makeLog(settings, process.stderr.isTTY));
  stopOnSignals(server.close);
  const firstRun: FirstRunOptions = { client: server.home.client, path: process.env["PATH"] ?? "", say };
  const token = await logInLocalUser(server, firstRun);
  say(
    `Berth ${version}  ${server.urls.origin}  (state in ${settings.home}; Ctrl-C stops it${server.appsEndWithServer ? " and its apps" : ", apps go on"})`,
  );
  if (isFirstRun) await deployExample(server, token, firstRun);
}

function readOptions() {
  try {
    const { values } = parseArgs({
      options: {
        role: { type: "string" },
        // Which of the processes at one port it is, for those that BERTH_WORKERS asks for.
        worker: { type: "string" },
        example: { type: "boolean", default: true },
        help: { type: "boolean", short: "h", default: false },
      },
      allowNegative: true,
    });
    return values;
  } catch (error) {
    throw new BerthError("input.invalid", error instanceof Error ? error.message : String(error), {
      hint: "npm start -- --help",
      cause: error,
    });
  }
}

/** Ctrl-C ends the apps too, where they are this machine's; SIGTERM, by which a restart ends a server, leaves them running. A second Ctrl-C does not wait. */
function stopOnSignals(close: (options: { apps: boolean }) => Promise<void>): void {
  let closing = false;
  const stop = (apps: boolean) => {
    if (closing) process.exit(130);
    closing = true;
    close({ apps }).then(
      () => process.exit(0),
      (error: unknown) => {
        tellError(error);
        process.exit(1);
      },
    );
  };
  process.on("SIGINT", () => stop(true));
  process.on("SIGTERM", () => stop(false));
}

function tellError(thrown: unknown): void {
  const error = toBerthError(thrown);
  const lines = [
    `error: ${error.message}`,
    ...(error.path === undefined ? [] : [`at:    ${error.path}`]),
    ...error.details.map((line) => `       ${line}`),
  ];
  if (error.hint !== undefined) lines.push(`hint:  ${error.hint}`);
  if (error.code === "internal" && thrown instanceof Error) lines.push(thrown.stack ?? "");
  process.stderr.write(`${lines.join("\n")}\n`);
}

await main().catch((error: unknown) => {
  tellError(error);
  process.exit(1);
});
