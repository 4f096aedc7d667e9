// The router against a bare undici proxy and nginx, all in front of the same upstream: keep-alive, 1 kB answers.
// node test/bench/router.ts [seconds per run, default 2] [rounds, default 7] [connections, default 64]
import { forkServer, isInstalled } from "./support/programs.ts";
import { loadWithOwnClient, loadWithWrk, type LoadResult } from "./support/load.ts";
import { median } from "./support/stats.ts";
import { startNginx } from "./router/nginx.ts";

const [seconds = 2, rounds = 7, connections = 64] = process.argv.slice(2).map(Number);
const goal = 0.9;

const hasWrk = isInstalled("wrk", "--version");
const hasNginx = isInstalled("nginx", "-v");
if (!hasWrk) console.log("wrk is missing (apt-get install wrk): a slower client of our own drives the load.");
if (!hasNginx) console.log("nginx is missing (apt-get install nginx-light): there is no floor in this run.");
const load = hasWrk ? loadWithWrk : loadWithOwnClient;

interface Contender {
  name: string;
  port: number;
  cpuUs: (() => Promise<number>) | null;
  stop(): Promise<void>;
}

const upstream = await forkServer(new URL("./router/upstream.ts", import.meta.url));
const contenders: Contender[] = [
  {
    name: "berth router",
    ...(await forkServer(new URL("./router/berth.ts", import.meta.url), [String(upstream.port)])),
  },
  {
    name: "bare undici",
    ...(await forkServer(new URL("./router/bare-undici.ts", import.meta.url), [String(upstream.port)])),
  },
];
if (hasNginx) contenders.push({ name: "nginx", cpuUs: null, ...(await startNginx(upstream.port)) });
const results = new Map<string, (LoadResult & { cpuUsPerRequest: number | null })[]>();

try {
  for (const { port } of contenders) await load({ port, host: "shop.localhost", connections, seconds: 2 });
  // The contenders take turns, so that whatever else the machine does meets them alike.
  for (let round = 0; round < rounds; round++) {
    for (const { name, port, cpuUs } of contenders) {
      const before = (await cpuUs?.()) ?? 0;
      const result = await load({ port, host: "shop.localhost", connections, seconds });
      const used = cpuUs === null ? null : ((await cpuUs()) - before) / result.requests;
      results.set(name, [...(results.get(name) ?? []), { ...result, cpuUsPerRequest: used }]);
    }
  }
} finally {
  await Promise.all([...contenders, upstream].map(({ stop }) => stop()));
}

report();

function report(): void {
  console.log(
    `\nkeep-alive, ${connections} connections, 1 kB answers; median of ${rounds} runs of ${seconds} s each\n`,
  );
  console.log("              requests/s    p50 ms    p99 ms   CPU µs/request   errors");
  for (const { name } of contenders) {
    const cpu = middle(name, "cpuUsPerRequest");
    const cells = [
      middle(name, "requestsPerSecond").toFixed(0).padStart(12),
      middle(name, "p50Ms").toFixed(2).padStart(9),
      middle(name, "p99Ms").toFixed(2).padStart(9),
      (Number.isNaN(cpu) ? "–" : cpu.toFixed(1)).padStart(16),
      String(runs(name).reduce((sum, { errors }) => sum + errors, 0)).padStart(8),
    ];
    console.log(`${name.padEnd(12)}${cells.join(" ")}`);
  }
  const ratio = compare("bare undici", "requestsPerSecond");
  const verdict = ratio >= goal ? "reached" : "MISSED";
  console.log(`\nberth router / bare undici: ${ratio.toFixed(2)} (goal: at least ${goal}) ${verdict}`);
  console.log(`  by CPU time per request:  ${(1 / compare("bare undici", "cpuUsPerRequest")).toFixed(2)}`);
  if (hasNginx) console.log(`berth router / nginx:       ${compare("nginx", "requestsPerSecond").toFixed(2)}`);
}

/** The median of the ratios within each round: rounds of a busy machine cannot be compared with each other. */
function compare(other: string, field: "requestsPerSecond" | "cpuUsPerRequest"): number {
  const others = runs(other);
  return median(
    runs("berth router").map((run, round) => (run[field] ?? Number.NaN) / (others[round]?.[field] ?? Number.NaN)),
  );
}

function runs(name: string): (LoadResult & { cpuUsPerRequest: number | null })[] {
  return results.get(name) ?? [];
}

function middle(name: string, field: "requestsPerSecond" | "p50Ms" | "p99Ms" | "cpuUsPerRequest"): number {
  return median(runs(name).map((run) => run[field] ?? Number.NaN));
}
