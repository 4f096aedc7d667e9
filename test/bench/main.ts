// npm run bench [-- push|rollback|start|memory|docker|cluster|router [rounds]]: what the goals for speed are measured with. Nothing here
// passes or fails: figures of a busy machine say little, so each stands beside its floor of the same run.
import { spawn } from "node:child_process";
import { once } from "node:events";
import { cpus, loadavg, totalmem } from "node:os";
import { join } from "node:path";
import { benchCluster } from "./cluster.ts";
import { benchDocker } from "./docker.ts";
import { benchMemory } from "./memory.ts";
import { benchPush } from "./push.ts";
import { benchRollback } from "./rollback.ts";
import { benchStart } from "./start.ts";
import { makeTable, type Quantity } from "./support/quantities.ts";

interface Bench {
  run(rounds: number): Promise<Quantity[]>;
  rounds: number;
}

/** Those that need more than this machine, named to be run. */
const withMore = new Set(["docker", "cluster"]);

const benches: Record<string, Bench> = {
  push: { run: benchPush, rounds: 40 },
  rollback: { run: benchRollback, rounds: 30 },
  start: { run: benchStart, rounds: 10 },
  memory: { run: benchMemory, rounds: 1 },
  docker: { run: benchDocker, rounds: 15 },
  cluster: { run: benchCluster, rounds: 15 },
};

const [asked, rounds] = process.argv.slice(2);
const names = asked === undefined ? [...Object.keys(benches).filter((name) => !withMore.has(name)), "router"] : [asked];
if (asked !== undefined && asked !== "router" && benches[asked] === undefined) {
  console.error(
    `error: there is no ${asked}\nhint:  npm run bench -- ${[...Object.keys(benches), "router"].join("|")} [rounds]`,
  );
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
if (names.includes("router")) await runRouter();
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

/** A process of its own: it drives so much load that its numbers should not meet the memory of the other benches. */
async function runRouter(): Promise<void> {
  const child = spawn(process.execPath, [join(import.meta.dirname, "router.ts")], { stdio: "inherit" });
  await once(child, "exit");
}
