import { setTimeout as sleep } from "node:timers/promises";
import { openFilesLimit, rssOf } from "../support/process-usage.ts";
import { forkServer } from "../support/programs.ts";
import type { Quantity } from "../support/quantities.ts";
import { host, startBerthRouter } from "./contenders.ts";
import { scaled } from "./scale.ts";
import { openSockets } from "./sockets.ts";

const wanted = scaled(10_000);
/** What a process has open besides. */
const otherFiles = 500;
/** The kernel gives a process up to so many times its part of the connections. */
const unevenness = 1.5;
const settleMs = 5_000;
const goalMegabytes = 300;

/**
 * The memory of Berth's router with many WebSockets on which nothing happens. Each takes two sockets of the router, so that at the usual limit of 20,000
 * files it takes two processes at one port; what is measured are all of them together.
 */
export async function benchWebsockets(): Promise<Quantity[]> {
  const limit = openFilesLimit() - otherFiles;
  const count = Math.min(wanted, limit);
  if (count < wanted) console.log(`  only ${count} WebSockets: ulimit -n is ${limit + otherFiles}`);
  const processes = Math.max(2, Math.ceil((2 * count * unevenness) / limit));
  const upstream = await forkServer(new URL("./processes/socket-upstream.ts", import.meta.url));
  const router = await startBerthRouter(upstream.port, processes);
  try {
    (await openSockets({ port: router.port, host, count: processes })).close();
    const before = rssOf(router.pids());
    const sockets = await openSockets({ port: router.port, host, count });
    await sleep(settleMs);
    const idle = rssOf(router.pids());
    const answered = await sockets.ask();
    sockets.close();
    const what = `${count} idle WebSockets`;
    return [
      {
        what: `${what}: RSS of ${processes} processes, beside without`,
        values: [idle],
        unit: "MB",
        floor: [before],
        goal: { p50: goalMegabytes },
      },
      { what: `${what}: not opened`, values: [count - sockets.opened], unit: "", floor: null, goal: { p50: 0 } },
      {
        what: `${what}: without an answer after ${settleMs / 1_000} s`,
        values: [sockets.opened - answered],
        unit: "",
        floor: null,
        goal: { p50: 0 },
      },
    ];
  } finally {
    await Promise.all([router.stop(), upstream.stop()]);
  }
}
