import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Berth, startBerth } from "../support/berth.ts";
import { manifest } from "../support/programs.ts";
import { makeRepository } from "../support/repository.ts";
import { until } from "../support/until.ts";

const app = "naps";

/** Its next start goes as the file says. */
const program = `
  import { readFileSync } from "node:fs";
  import { createServer } from "node:http";
  const page = \`<!doctype html><html lang="en"><link rel="icon" href="data:,"><title>Naps</title><h1>Good morning</h1>\`;
  const fail = () => {
    console.error("no DATABASE_URL");
    process.exit(3);
  };
  const mode = readFileSync(process.env.MODE_FILE, "utf8");
  if (mode === "broken") fail();
  if (mode === "broken late") setTimeout(fail, 2500);
  const server = createServer(({ url }, response) => {
    response.setHeader("content-type", url === "/data" ? "application/json" : "text/html");
    response.end(url === "/data" ? '{"slept":true}' : page);
  });
  setTimeout(() => server.listen(process.env.PORT), 3000);
`;

/** An app that falls asleep after a second, and needs three to start. */
export interface NappingApp {
  url: string;
  /** How its next start goes. */
  turn(mode: "well" | "broken" | "broken late"): void;
  untilAsleep(): Promise<void>;
  stop(): Promise<void>;
}

export async function startNappingApp(): Promise<NappingApp> {
  const folder = mkdtempSync(join(tmpdir(), "berth-naps-"));
  const file = join(folder, "mode");
  const turn: NappingApp["turn"] = (mode) => writeFileSync(file, mode);
  turn("well");
  const berth: Berth = await startBerth();
  const repository = await makeRepository(berth, app, {
    "package.json": manifest(app),
    "server.js": program,
    "berth.yaml": `
env: { MODE_FILE: ${file} }
services: { web: { command: node server.js, scale: { min: 0, idle: 1s } } }
`,
  });
  await repository.deploy();
  return {
    url: `http://${app}.localhost:${berth.port}`,
    turn,
    async untilAsleep() {
      await until("it sleeps", async () => {
        const { instances, replicas } = (await berth.status(app)).services[0]!;
        return replicas === 0 && instances.length === 0;
      });
    },
    async stop() {
      repository.remove();
      await berth.stop();
      rmSync(folder, { recursive: true });
    },
  };
}
