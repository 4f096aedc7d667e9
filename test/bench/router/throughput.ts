import { load, type LoadResult } from "../support/load.ts";
import { cpuUsOf } from "../support/process-usage.ts";
import { makeRatio, type Quantity } from "../support/quantities.ts";
import { type Contender, type ContenderName, host, startContenders, startUpstream, stopAll } from "./contenders.ts";
import { takeTurns } from "./rounds.ts";

const connections = 64;
const seconds = 2;
const names = ["berth", "undici", "nginx", "haproxy", "caddy"] as const;
const goals: Partial<Record<ContenderName, number>> = { undici: 0.9, caddy: 1.2, nginx: 0.75 };

interface Run extends LoadResult {
  cpuUsPerRequest: number;
}

/** Requests per second with as many connections as saturate each: keep-alive, answers of 1 kB, one worker for each core. */
export async function benchThroughput(rounds: number): Promise<Quantity[]> {
  const upstream = await startUpstream();
  const contenders = await startContenders(names, upstream.port);
  try {
    for (const contender of contenders) await run(contender);
    const results = await takeTurns(contenders, rounds, run);
    return makeQuantities(results);
  } finally {
    await stopAll([...contenders, upstream]);
  }
}

async function run({ port, pids }: Contender): Promise<Run> {
  const before = cpuUsOf(pids());
  const result = await load({ port, host, connections, seconds });
  return { ...result, cpuUsPerRequest: (cpuUsOf(pids()) - before) / result.requests };
}

function makeQuantities(results: ReadonlyMap<ContenderName, Run[]>): Quantity[] {
  const of = (name: ContenderName, field: keyof Run) => (results.get(name) ?? []).map((run) => run[field]);
  const plain = { floor: null, goal: {} };
  const present = names.filter((name) => results.has(name));
  const others = present.filter((name) => name !== "berth");
  return [
    ...present.map((name): Quantity => {
      const values = of(name, "requestsPerSecond");
      return { what: `throughput: ${name}`, values, unit: "/s", ...plain };
    }),
    ...others.map((name) => {
      const goal = goals[name] === undefined ? {} : { p50: goals[name] };
      const what = `throughput: berth / ${name}${name === "nginx" ? " (stretch)" : ""}`;
      const values = of("berth", "requestsPerSecond");
      return makeRatio(what, values, of(name, "requestsPerSecond"), { goal, bound: "least" });
    }),
    ...present.map((name): Quantity => {
      const values = of(name, "cpuUsPerRequest");
      return { what: `processor time of a request: ${name}`, values, unit: "µs", ...plain };
    }),
    { what: "throughput: errors of berth", values: of("berth", "errors"), unit: "", floor: null, goal: { p99: 0 } },
  ];
}
