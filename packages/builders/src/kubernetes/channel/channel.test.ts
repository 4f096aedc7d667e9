import { once } from "node:events";
import { createServer, request } from "node:http";
import type { ClientRequest, IncomingMessage, OutgoingHttpHeaders, Server } from "node:http";
import { connect, createServer as createProxy } from "node:net";
import type { AddressInfo, Socket } from "node:net";
import { BerthError, quietLog, systemClock, systemRandom } from "@berth/core";
import type { Digest } from "@berth/core";
import { makeTestTree } from "@berth/core/testing";
import type { Images } from "@berth/images";
import { afterEach, beforeEach, expect, it } from "vitest";
import { makeHome, openImagesIn } from "../../testing/host.ts";
import { makePlan } from "../../testing/plan.ts";
import { makeBuildChannel } from "./channel.ts";
import type { BuildChannel } from "./channel.ts";
import { makeChannelClient } from "./client.ts";
import type { BuildEvent, BuildTask } from "./protocol.ts";
import { makeRemoteSource } from "./remote-source.ts";
import { makeTeller } from "./teller.ts";

const source = makeTestTree({ "a.txt": "first", "b/empty": "", "c.bin": Buffer.alloc(5 * 2 ** 20, "x") });
let images: Images;
let pod: Images;
let channel: BuildChannel;
let server: Server;
const closing: (() => unknown)[] = [];

beforeEach(async () => {
  const [here, there] = [await openImagesIn(await makeHome()), await openImagesIn(await makeHome())];
  [images, pod] = [here.images, there.images];
  channel = makeBuildChannel({ images, random: systemRandom, log: quietLog });
  server = createServer(channel.handle).listen(0, "127.0.0.1");
  await once(server, "listening");
  closing.push(
    here.close,
    there.close,
    () => server.close(),
    () => server.closeAllConnections(),
  );
});
afterEach(async () => {
  for (const close of closing.splice(0).toReversed()) await close();
});

async function open(events: BuildEvent[] = [], hasLayer = false, port = (server.address() as AddressInfo).port) {
  const entries = await source.list();
  const task = {
    app: "shop",
    plan: makePlan(),
    tree: source.id,
    entries,
    secrets: { TOKEN: "s3cr3t" },
  } as unknown as BuildTask;
  const onEvent = (event: BuildEvent) => void events.push(event);
  const opened = channel.open({ task, source, hasLayer: async () => hasLayer, onEvent });
  const address = { url: `http://127.0.0.1:${port}${opened.path}`, token: opened.token };
  return { ...opened, address, client: makeChannelClient(address, systemClock) };
}

/** A way to the server that is cut each time when so much has come through, and is there again at once. */
async function cutting(afterBytes: number): Promise<{ port: number; cuts(): number }> {
  const sockets = new Set<Socket>();
  let cuts = 0;
  const proxy = createProxy((inbound) => {
    const outbound = connect((server.address() as AddressInfo).port, "127.0.0.1");
    let passed = 0;
    for (const [from, to] of [
      [inbound, outbound],
      [outbound, inbound],
    ] as const) {
      sockets.add(from.on("error", () => {}));
      from.on("data", (chunk: Buffer) => {
        passed += chunk.length;
        to.write(chunk);
        if (passed < afterBytes) return;
        cuts++;
        inbound.destroy();
        outbound.destroy();
      });
      from.on("close", () => to.destroy());
    }
  }).listen(0, "127.0.0.1");
  await once(proxy, "listening");
  closing.push(
    () => proxy.close(),
    () => sockets.forEach((socket) => socket.destroy()),
  );
  return { port: (proxy.address() as AddressInfo).port, cuts: () => cuts };
}

it("gives a task to who has its token, as long as the build runs, and to nobody else", async () => {
  const { client, address, close } = await open();
  const other = await open();
  expect((await client.task()).secrets).toEqual({ TOKEN: "s3cr3t" });
  for (const token of ["", "0".repeat(64), other.address.token]) {
    const refused = makeChannelClient({ ...address, token }, systemClock).task();
    await expect(refused).rejects.toThrow("given this build up");
  }
  await close();
  await expect(client.task()).rejects.toThrow("given this build up");
});

it("gives the contents of files, one after the other, empty and large ones too", async () => {
  const { client } = await open();
  const remote = makeRemoteSource(await client.task(), client);
  const found: [string, number][] = [];
  for await (const { entry, content } of remote.contents(await remote.list())) {
    const bytes = content instanceof Uint8Array ? content : Buffer.concat(await Array.fromAsync(content));
    found.push([entry.path, bytes.length]);
  }
  expect(found).toEqual([
    ["a.txt", 5],
    ["b/empty", 0],
    ["c.bin", 5 * 2 ** 20],
  ]);
  await expect(client.source(["../etc/passwd"])).rejects.toThrow("404");
});

it("passes each event on once and in order, whatever is told again", async () => {
  const events: BuildEvent[] = [];
  const { client } = await open(events);
  const line = (text: string): BuildEvent => ({ kind: "line", text });
  expect(await client.tell({ from: 1, events: [line("1"), line("2")] })).toBe(3);
  expect(await client.tell({ from: 1, events: [line("1"), line("2"), line("3")] })).toBe(4);
  const teller = makeTeller({ tell: (batch) => client.tell({ ...batch, from: batch.from + 3 }) });
  for (const text of ["4", "5"]) teller.line(text);
  await teller.outcome({ kind: "failed", failure: { step: "x", message: "y", hint: null, exitCode: 1, lines: [] } });
  expect(events.map((event) => (event.kind === "line" ? event.text : event.kind))).toEqual([..."12345", "outcome"]);
});

it("takes a layer in pieces over a connection that is cut, and only what its digest says", async () => {
  const { port, cuts } = await cutting(300_000);
  const { client } = await open([], false, port);
  const digest = await pod.blobs.put(systemRandom.bytes(1_000_000));
  await client.bring(digest, pod.blobs);
  expect(cuts()).toBeGreaterThan(1);
  expect(await images.blobs.sizeBytes(digest)).toBe(1_000_000);
  const lie = `sha256:${"0".repeat(64)}` as Digest;
  const lying = { ...pod.blobs, read: () => pod.blobs.read(digest), sizeBytes: async () => 1_000_000 };
  await expect((await open()).client.bring(lie, lying)).rejects.toThrow(BerthError);
  expect(await images.blobs.sizeBytes(lie)).toBe(null);
});

it("does not tell a build which layers of others are here", async () => {
  const digest = await images.blobs.put("a layer of another app");
  const { client } = await open();
  const own = await pod.blobs.put("a layer of another app");
  expect(own).toBe(digest);
  let sent = 0;
  const counted = {
    sizeBytes: pod.blobs.sizeBytes,
    read: (...args: Parameters<typeof pod.blobs.read>) => {
      sent++;
      return pod.blobs.read(...args);
    },
  };
  await client.bring(digest, counted);
  await (await open([], true)).client.bring(digest, counted);
  expect(sent).toBe(1);
});

it("lets two not write to one layer, of which each would count its own part alone", async () => {
  const { address, isOurs } = await open();
  const bytes = Buffer.from("what the digest tells of");
  const digest = await pod.blobs.put(bytes);
  const begin = (length: number) => {
    const headers = { authorization: `Bearer ${address.token}`, "content-length": length };
    return request(`${address.url}/blobs/${digest}`, { method: "PUT", headers });
  };
  const statusOf = async (sent: ClientRequest) => {
    const [response] = (await once(sent, "response")) as [IncomingMessage];
    response.resume();
    return response.statusCode;
  };
  const first = begin(bytes.length);
  first.flushHeaders();
  await expect.poll(async () => (await images.blobs.drafts()).length).toBe(1);
  const second = begin(4);
  const refused = statusOf(second);
  second.end("evil");
  expect(await refused).toBe(409);
  const taken = statusOf(first);
  first.end(bytes);
  expect(await taken).toBe(201);
  expect(await images.blobs.readWhole(digest)).toEqual(bytes);
  expect(await isOurs(digest)).toBe(true);
});

it("keeps room for a layer that comes in, until it is there or was cut off", async () => {
  const held: number[] = [];
  const space = {
    check: async () => {},
    async hold(bytes: number) {
      held.push(bytes);
      return { shrinkTo: (left: number) => void held.push(left), release: () => void held.push(0) };
    },
  };
  const counting = makeBuildChannel({ images: { blobs: images.blobs, space }, random: systemRandom, log: quietLog });
  server.removeAllListeners("request").on("request", counting.handle);
  channel = counting;
  const { client } = await open();
  const digest = await pod.blobs.put(Buffer.alloc(10, "x"));
  await client.bring(digest, pod.blobs);
  expect([held.at(0), held.at(-2), held.at(-1)]).toEqual([10, 0, 0]);
});

it("takes nothing of which it does not know how long it is, and keeps nothing of what a build has begun", async () => {
  const { address, close } = await open();
  const digest = `sha256:${"a".repeat(64)}` as Digest;
  const put = async (headers: OutgoingHttpHeaders, bytes: Buffer) => {
    const url = `${address.url}/blobs/${digest}`;
    const authorization = `Bearer ${address.token}`;
    const sent = request(url, { method: "PUT", headers: { authorization, ...headers } });
    sent.end(bytes);
    const [response] = (await once(sent, "response")) as [IncomingMessage];
    response.resume();
    return response.statusCode;
  };
  expect(await put({ "transfer-encoding": "chunked" }, Buffer.alloc(100))).toBe(411);
  const cut = connect((server.address() as AddressInfo).port, "127.0.0.1");
  const head = `PUT ${new URL(address.url).pathname}/blobs/${digest} HTTP/1.1\r\nhost: x\r\ncontent-length: 1000`;
  cut.write(`${head}\r\nauthorization: Bearer ${address.token}\r\n\r\nabc`);
  await expect.poll(async () => (await images.blobs.drafts()).length).toBe(1);
  cut.destroy();
  await close();
  expect(await images.blobs.drafts()).toEqual([]);
});

it("knows what a build has brought from what it only names", async () => {
  const foreign = await images.blobs.put("a layer of another app");
  const { client, isOurs } = await open();
  expect(await isOurs(foreign)).toBe(false);
  const own = await pod.blobs.put("its own");
  await client.bring(own, pod.blobs);
  expect(await isOurs(own)).toBe(true);
});
