// The router beside the usual proxies, in front of the same upstream and in the same run, and a whole server where it takes more than a router:
// what issue 6 has as goals for speed.
import { benchColdStarts } from "./router/cold-start.ts";
import { benchFlips } from "./router/flips.ts";
import { benchLatency } from "./router/latency.ts";
import { benchSleeping } from "./router/sleeping.ts";
import { benchStreaming } from "./router/streaming.ts";
import { benchTable } from "./router/table.ts";
import { benchThroughput } from "./router/throughput.ts";
import { benchWebsockets } from "./router/websockets.ts";
import type { Quantity } from "./support/quantities.ts";

const parts: Record<string, (rounds: number) => Promise<Quantity[]>> = {
  throughput: benchThroughput,
  latency: benchLatency,
  streaming: benchStreaming,
  websockets: benchWebsockets,
  table: benchTable,
  sleeping: benchSleeping,
  "cold-start": benchColdStarts,
  flips: benchFlips,
};

/** All of them, or those that BENCH_PARTS names, with commas between. */
export async function benchRouter(rounds: number): Promise<Quantity[]> {
  const names = (process.env["BENCH_PARTS"] ?? Object.keys(parts).join(",")).split(",");
  const unknown = names.filter((name) => parts[name] === undefined);
  if (unknown.length > 0)
    throw new Error(`BENCH_PARTS has no ${unknown.join(", ")}: it takes ${Object.keys(parts).join(", ")}`);
  const quantities: Quantity[] = [];
  for (const name of names) {
    console.log(`  ${name}`);
    try {
      quantities.push(...(await parts[name]!(rounds)));
    } catch (error) {
      // The others are still worth their time.
      console.error(`  ${name} has failed:`, error);
      process.exitCode = 1;
    }
  }
  return quantities;
}
