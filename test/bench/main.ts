// npm run bench [-- push|rollback|start|config|memory|previews|dev|docker|cluster|router [rounds]]: what the goals for speed are measured with. Nothing here
// passes or fails: figures of a busy machine say little, so each stands beside its floor of the same run.
import { cpus, loadavg, totalmem } from "node:os";
import { benchCluster } from "./cluster.ts";
import { benchConfig } from "./config.ts";
import { benchDev } from "./dev.ts";
import { benchDocker } from "./docker.ts";
import { benchMemory } from "./memory.ts";
import { benchPreviews } from "./previews.ts";
import { benchPush } from "./push.ts";
import { benchRollback } from "./rollback.ts";
import { benchRouter } from "./router.ts";
import { benchStart } from "./start.ts";
import { makeTable, type Quantity } from "./support/quantities.ts";

interface Bench {
  run(rounds: number): Promise<Quantity[]>;
  rounds: number;
}

/** Those that need more than this machine, or a quarter of an hour, named to be run. */
const named = new Set(["docker", "cluster", "router"]);

const benches: Record<string, Bench> = {
  push: { run: benchPush, rounds: 40 },
  rollback: { run: benchRollback, rounds: 30 },
  start: { run: benchStart, rounds: 10 },
  config: { run: benchConfig, rounds: 50 },
  memory: { run: benchMemory, rounds: 1 },
  previews: { run: benchPreviews, rounds: 20 },
  dev: { run: benchDev, rounds: 20 },
  docker: { run: benchDocker, rounds: 15 },
  cluster: { run: benchCluster, rounds: 15 },
  router: { run: benchRouter, rounds: 7 },
};

const [asked, rounds] = process.argv.slice(2);
const names = asked === undefined ? Object.keys(benches).filter((name) => !named.has(name)) : [asked];
if (asked !== undefined && benches[asked] === undefined) {
  console.error(`error: there is no ${asked}\nhint:  npm run bench -- ${Object.keys(benches).join("|")} [rounds]`);
  process.exit(2);
}
if (rounds !== undefined && !(Number.isInteger(Number(rounds)) && Number(rounds) > 0)) {
  console.error(`error: ${rounds} is no number of rounds\nhint:  npm run bench -- ${names[0]} 10`);
  process.exit(2);
}

const quantities: Quantity[] = [];
console.log(makeHeading());
for (const name of names) {
  const bench = benches[name];
  if (bench === undefined) continue;
  console.log(`${name} …`);
  quantities.push(...(await bench.run(rounds === undefined ? bench.rounds : Number(rounds))));
}
if (quantities.length > 0) console.log(`\n${makeTable(quantities)}`);
console.log(`\nload at the end: ${makeLoad()}`);

function makeHeading(): string {
  const model = cpus()[0]?.model.trim() ?? "unknown processor";
  const memory = `${(totalmem() / 1e9).toFixed(0)} GB`;
  const date = new Date().toISOString().slice(0, 16).replace("T", " ");
  return `${date}  ${cpus().length} × ${model}, ${memory}, Node ${process.versions.node}, load ${makeLoad()}\n`;
}

function makeLoad(): string {
  return loadavg()
    .map((load) => load.toFixed(1))
    .join(" ");
}
