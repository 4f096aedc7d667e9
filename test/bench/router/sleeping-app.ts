import { readFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import type { Berth } from "../../support/berth.ts";
import { manifest } from "../../support/programs.ts";

const pollMs = 50;

/** The least that a server made of Node has to do: it answers well within 60 ms of its start. */
const server = `import { createServer } from "node:http";
import { appendFileSync } from "node:fs";
import { greeting } from "./greeting.js";

if (process.env.STARTS) appendFileSync(process.env.STARTS, process.pid + "\\n");
createServer((request, response) => response.end(greeting)).listen(Number(process.env.PORT));
`;

/** Such an app, which sleeps after a second without a request. It writes a line for each of its starts to the file that is named. */
export function makeSleepingApp(name: string, text: string, starts: string | null = null): Record<string, string> {
  const env = starts === null ? "" : `env: { STARTS: ${JSON.stringify(starts)} }\n`;
  return {
    "package.json": manifest(name),
    "server.js": server,
    "greeting.js": `export const greeting = ${JSON.stringify(text)};\n`,
    "berth.yaml": `services:
  web:
    scale: { min: 0, max: 1, idle: 1s }
    resources: { cpu: 100m, memory: 128Mi }
${env}`,
  };
}

/** How often it has been started, with the file it writes to. */
export function countStarts(file: string): number {
  return readFileSync(file, "utf8").split("\n").length - 1;
}

/** Resolves when nothing runs for the app any more. */
export async function asleep(berth: Berth, app: string): Promise<void> {
  for (;;) {
    const { services } = await berth.status(app);
    if (services.every(({ instances }) => instances.length === 0)) return;
    await sleep(pollMs);
  }
}

/** Where an app's starts are counted: outside of its own files, below the home of a server. */
export function startsFile(berth: Berth): string {
  return join(berth.home, "bench-starts");
}
