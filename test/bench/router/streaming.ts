import { rssOf } from "../support/process-usage.ts";
import { forkServer } from "../support/programs.ts";
import { makeRatio, type Quantity } from "../support/quantities.ts";
import { host, startContenders, stopAll, workers } from "./contenders.ts";
import { takeTurns } from "./rounds.ts";
import { scaled } from "./scale.ts";
import { transfer, type TransferPlan } from "./transfer.ts";

const bytes = scaled(1e9);
const gigabytes = `${bytes / 1e9} GB`;
const sampleMs = 20;
/** Beyond what a tenth of the body has needed: buffers do not grow with it. */
const growthGoal = 16;
const directions = ["down", "up"] as const;

interface Run {
  megabytesPerSecond: number;
  /** The highest that the proxy's processes have had in memory meanwhile, in MB. */
  peak: number;
}

interface Place {
  name: string;
  port: number;
  pids(): readonly number[];
}

/** One large body at a time, down and up, through nginx and Berth, and straight from the upstream. */
export async function benchStreaming(rounds: number): Promise<Quantity[]> {
  const upstream = await forkServer(new URL("./processes/stream-upstream.ts", import.meta.url));
  const contenders = await startContenders(["berth", "nginx"], upstream.port);
  const places: Place[] = [...contenders, { name: "direct", ...upstream }];
  const quantities: Quantity[] = [];
  try {
    for (const direction of directions) {
      const peak = await peakOfTenths(contenders[0]!, direction);
      const results = await takeTurns<Place, Run, string>(places, rounds, (place) => run(place, direction, bytes));
      quantities.push(...makeQuantities(direction, results, peak));
    }
  } finally {
    await stopAll([...contenders, upstream]);
  }
  return quantities;
}

/** The kernel chooses which worker takes a body: so many that hardly one is left out. */
async function peakOfTenths(berth: Place, direction: TransferPlan["direction"]): Promise<number> {
  let peak = 0;
  for (let index = 0; index < 4 * workers; index++)
    peak = Math.max(peak, (await run(berth, direction, Math.ceil(bytes / 10))).peak);
  return peak;
}

async function run({ port, pids }: Place, direction: TransferPlan["direction"], size: number): Promise<Run> {
  let peak = rssOf(pids());
  const sampling = setInterval(() => (peak = Math.max(peak, rssOf(pids()))), sampleMs);
  try {
    const ms = await transfer({ port, host, direction, bytes: size });
    return { megabytesPerSecond: size / 1e3 / ms, peak };
  } finally {
    clearInterval(sampling);
  }
}

function makeQuantities(direction: string, results: ReadonlyMap<string, Run[]>, tenthPeak: number): Quantity[] {
  const of = (name: string) => (results.get(name) ?? []).map(({ megabytesPerSecond }) => megabytesPerSecond);
  const berth = of("berth");
  const growth = results.get("berth")!.map(({ peak }) => Math.max(0, peak - tenthPeak));
  const what = `${gigabytes} ${direction}`;
  const plain = { unit: "MB/s", floor: null, goal: {} } as const;
  return [
    ...[...results.keys()].map((name): Quantity => ({ what: `${what}: ${name}`, values: of(name), ...plain })),
    ...(results.has("nginx")
      ? [makeRatio(`${what}: berth / nginx`, berth, of("nginx"), { goal: { p50: 0.8 }, bound: "least" })]
      : []),
    { what: `${what}: growth of berth's RSS`, values: growth, unit: "MB", floor: null, goal: { p50: growthGoal } },
  ];
}
