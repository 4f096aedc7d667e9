// Bodies of 5 GB through the router, down and up, over HTTP/1.1 and HTTP/2: how fast, and what the router's memory does meanwhile.
// node test/bench/stream.ts [gigabytes, default 5]
import { request } from "node:http";
import { connect } from "node:http2";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { rssOf } from "./support/process-usage.ts";
import { forkServer } from "./support/programs.ts";

const gigabytes = Number(process.argv[2] ?? 5);
const piece = Buffer.alloc(262_144, "x");
const pieces = Math.ceil((gigabytes * 1e9) / piece.length);

function* chunks() {
  for (let count = 0; count < pieces; count++) yield piece;
}

async function count(stream: AsyncIterable<Buffer>): Promise<number> {
  let bytes = 0;
  for await (const chunk of stream) bytes += chunk.length;
  return bytes;
}

const upstream = await forkServer(new URL("./router/processes/chunked-upstream.ts", import.meta.url), [String(pieces)]);
const router = await forkServer(new URL("./router/processes/berth.ts", import.meta.url), [String(upstream.port)]);
const options = { port: router.port, host: "127.0.0.1", headers: { host: "shop.localhost" }, agent: false as const };

const transfers: Record<string, () => Promise<unknown>> = {
  "HTTP/1.1 down": () =>
    new Promise((resolve, reject) => {
      request(options, (res) => void count(res).then(resolve, reject))
        .on("error", reject)
        .end();
    }),
  "HTTP/1.1 up": () =>
    new Promise((resolve, reject) => {
      const sent = request({ ...options, method: "POST" }, (res) => res.resume().on("end", resolve)).on(
        "error",
        reject,
      );
      pipeline(Readable.from(chunks()), sent).catch(reject);
    }),
  "HTTP/2 down": async () => {
    const session = connect(`http://127.0.0.1:${router.port}`);
    await count(session.request({ ":authority": "shop.localhost" }));
    session.destroy();
  },
  "HTTP/2 up": async () => {
    const session = connect(`http://127.0.0.1:${router.port}`);
    const sent = session.request({ ":authority": "shop.localhost", ":method": "POST" }, { endStream: false });
    const closed = new Promise((resolve) => sent.on("close", resolve));
    sent.resume();
    await pipeline(Readable.from(chunks()), sent);
    await closed;
    session.destroy();
  },
};

try {
  for (const [name, transfer] of Object.entries(transfers)) {
    const before = rssOf(router.pids());
    let most = before;
    const watch = setInterval(() => (most = Math.max(most, rssOf(router.pids()))), 100);
    const beganAt = performance.now();
    await transfer();
    clearInterval(watch);
    const seconds = (performance.now() - beganAt) / 1_000;
    const speed = ((pieces * piece.length) / 1e6 / seconds).toFixed(0);
    console.log(
      `${name.padEnd(14)} ${speed.padStart(6)} MB/s   router ${before.toFixed(0)} MB, at most ${most.toFixed(0)} MB`,
    );
  }
} finally {
  await Promise.all([router.stop(), upstream.stop()]);
}
