import { load } from "../support/load.ts";
import { makeRatio, type Quantity } from "../support/quantities.ts";
import { median, quantile } from "../support/stats.ts";
import { host, startContenders, startUpstream, stopAll } from "./contenders.ts";
import { failuresOf, latenciesOf, startOpenLoop } from "./open-loop.ts";
import { takeTurns } from "./rounds.ts";

const connections = 64;
const seconds = 4;
const warmUpSeconds = 1;
const saturations = 3;
const names = ["berth", "undici", "nginx", "haproxy", "caddy"] as const;
/** The upstream itself, by which is seen what of a latency is the client's own. */
const direct = "direct";

/** p99 at half the load that saturates Berth: the same requests per second for all of them, due at fixed times. */
export async function benchLatency(rounds: number): Promise<Quantity[]> {
  const upstream = await startUpstream();
  const contenders = await startContenders(names, upstream.port);
  try {
    for (const { port } of contenders) await load({ port, host, connections, seconds: 1 });
    const perSecond = Math.round((await saturation(contenders[0]!.port)) / 2);
    const run = ({ port }: { port: number }) => measure(port, perSecond);
    const asked = [...contenders, { name: direct, port: upstream.port } as const];
    const results = await takeTurns<{ name: string; port: number }, Run, string>(asked, rounds, run);
    return makeQuantities(results, perSecond);
  } finally {
    await stopAll([...contenders, upstream]);
  }
}

interface Run {
  p99Ms: number;
  failures: number;
}

async function saturation(port: number): Promise<number> {
  const runs: number[] = [];
  for (let index = 0; index < saturations; index++)
    runs.push((await load({ port, host, connections, seconds: 2 })).requestsPerSecond);
  return median(runs);
}

async function measure(port: number, perSecond: number): Promise<Run> {
  const warmUp = perSecond * warmUpSeconds;
  const requests = warmUp + perSecond * seconds;
  const plan = { port, host, requests, warmUp, intervalMs: 1_000 / perSecond, connections };
  const result = await startOpenLoop(plan).result;
  return { p99Ms: quantile(latenciesOf(result), 0.99), failures: failuresOf(result) };
}

function makeQuantities(results: ReadonlyMap<string, Run[]>, perSecond: number): Quantity[] {
  const of = (name: string) => (results.get(name) ?? []).map(({ p99Ms }) => p99Ms);
  const proxies = [...results.keys()].filter((name) => name !== direct);
  const others = proxies.filter((name) => name !== "berth");
  return [
    ...proxies.map((name): Quantity => {
      const what = `p99 at ${perSecond}/s: ${name}`;
      return { what, values: of(name), unit: "ms", floor: of(direct), goal: {} };
    }),
    ...others.map((name) =>
      makeRatio(`p99: berth / ${name}`, of("berth"), of(name), { goal: name === "nginx" ? { p50: 1.5 } : {} }),
    ),
    {
      what: "p99: failures of berth",
      values: (results.get("berth") ?? []).map(({ failures }) => failures),
      unit: "",
      floor: null,
      goal: { p99: 0 },
    },
  ];
}
