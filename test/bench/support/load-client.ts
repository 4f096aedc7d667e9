// Asks over keep-alive connections, one request at a time on each, and tells its parent how that went.
import { connect } from "node:net";
import type { LoadPlan, LoadResult } from "./load.ts";
import { quantile } from "./stats.ts";

const { port, host, connections, seconds }: LoadPlan = JSON.parse(process.argv[2] ?? "{}");
const request = Buffer.from(`GET / HTTP/1.1\r\nHost: ${host}\r\n\r\n`);
const latenciesMs: number[] = [];
let errors = 0;
const start = performance.now();
const end = start + seconds * 1000;

await Promise.all(Array.from({ length: connections }, drive));
latenciesMs.sort((one, other) => one - other);
const result: LoadResult = {
  requestsPerSecond: (latenciesMs.length * 1000) / (performance.now() - start),
  requests: latenciesMs.length,
  p50Ms: quantile(latenciesMs, 0.5),
  p99Ms: quantile(latenciesMs, 0.99),
  errors,
};
process.send?.(result, () => process.disconnect());

function drive(): Promise<void> {
  return new Promise((resolve) => {
    const socket = connect(port, "127.0.0.1");
    let sentAt = 0;
    let head = "";
    let missing = 0;
    const ask = () => {
      if (performance.now() >= end) return void socket.end();
      sentAt = performance.now();
      head = "";
      missing = -1;
      socket.write(request);
    };
    socket.setNoDelay(true);
    socket.on("connect", ask);
    socket.on("data", (chunk: Buffer) => {
      if (missing < 0) {
        head += chunk.toString("latin1");
        const cut = head.indexOf("\r\n\r\n");
        if (cut === -1) return;
        if (!head.startsWith("HTTP/1.1 200")) errors++;
        const length = Number(/\r\ncontent-length: (\d+)/i.exec(head)?.[1] ?? 0);
        missing = length - (head.length - cut - 4);
      } else missing -= chunk.length;
      if (missing > 0) return;
      latenciesMs.push(performance.now() - sentAt);
      ask();
    });
    socket.on("error", () => errors++);
    socket.on("close", () => resolve());
  });
}
