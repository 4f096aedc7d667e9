import { randomBytes } from "node:crypto";
import { type IncomingMessage, request, type ServerResponse } from "node:http";
import { connect } from "node:http2";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { expect, it, onTestFinished } from "vitest";
import { startInstance, startRouter } from "./support/servers.ts";

const piece = randomBytes(65_536);
const pieces = 3_200;
const total = piece.length * pieces;
/** Both ends of all connections are in this process, too. */
const mostGrowth = 150 * 1024 * 1024;

function* chunks() {
  for (let count = 0; count < pieces; count++) yield piece;
}

async function count(stream: AsyncIterable<Buffer>): Promise<{ bytes: number; peak: number }> {
  let bytes = 0;
  let peak = 0;
  let seen = 0;
  for await (const chunk of stream) {
    bytes += chunk.length;
    if (++seen % 200 === 0) peak = Math.max(peak, process.memoryUsage.rss());
  }
  return { bytes, peak };
}

it.each(["HTTP/1.1", "HTTP/2"])("hundreds of megabytes go up and down over %s at constant memory", async (protocol) => {
  let uploaded = 0;
  let highest = 0;
  const take = async (req: IncomingMessage, res: ServerResponse) => {
    const { bytes, peak } = await count(req);
    uploaded = bytes;
    highest = Math.max(highest, peak);
    res.end();
  };
  const instance = await startInstance((req, res) => {
    if (req.method === "GET") void pipeline(Readable.from(chunks()), res).catch(() => undefined);
    else void take(req, res);
  });
  const { port } = await startRouter([{ id: "web", ports: [instance.port] }]);
  const before = process.memoryUsage.rss();
  const { bytes, peak } = protocol === "HTTP/2" ? await overHttp2(port) : await overHttp1(port);
  expect([bytes, uploaded]).toEqual([total, total]);
  expect(Math.max(peak, highest) - before).toBeLessThan(mostGrowth);
});

async function overHttp1(port: number): Promise<{ bytes: number; peak: number }> {
  const options = { port, host: "127.0.0.1", headers: { host: "shop.localhost" }, agent: false as const };
  const down = await new Promise<{ bytes: number; peak: number }>((resolve, reject) => {
    request(options, (res) => void count(res).then(resolve, reject))
      .on("error", reject)
      .end();
  });
  await new Promise((resolve, reject) => {
    const sent = request({ ...options, method: "POST" }, (res) => res.resume().on("end", resolve)).on("error", reject);
    pipeline(Readable.from(chunks()), sent).catch(reject);
  });
  return down;
}

async function overHttp2(port: number): Promise<{ bytes: number; peak: number }> {
  const session = connect(`http://127.0.0.1:${port}`);
  onTestFinished(() => session.destroy());
  const down = await count(session.request({ ":authority": "shop.localhost" }));
  const sent = session.request({ ":authority": "shop.localhost", ":method": "POST" }, { endStream: false });
  const answered = new Promise((resolve) => sent.on("close", resolve));
  sent.resume();
  await pipeline(Readable.from(chunks()), sent, { end: true }).catch(() => undefined);
  await answered;
  return down;
}
