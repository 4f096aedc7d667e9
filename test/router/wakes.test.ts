import { once } from "node:events";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { Agent, type IncomingMessage, request } from "node:http";
import type { Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { type Berth, getAt, startBerth } from "../support/berth.ts";
import { makePerson, type Person } from "../cli/cli.ts";
import { instancesOf, memoryOf } from "../support/processes.ts";
import { manifest } from "../support/programs.ts";
import { makeRepository, type Repository } from "../support/repository.ts";
import { until } from "../support/until.ts";

const app = "naps";
const host = `${app}.localhost`;
const scope = { app, environment: "production" };

/** Its next start goes as the file says. */
const program = `
  import { readFileSync } from "node:fs";
  import { createServer } from "node:http";
  const mode = readFileSync(process.env.MODE_FILE, "utf8");
  if (mode === "exit") process.exit(3);
  const own = String(process.pid);
  const server = createServer((request, response) => {
    if (request.url === "/slow") return setTimeout(() => response.end(own), 4000);
    if (request.url === "/stream") return response.write(own);
    let bytes = 0;
    request.on("data", (chunk) => (bytes += chunk.length));
    request.on("end", () => response.end(request.method === "POST" ? String(bytes) : own));
  });
  server.on("upgrade", (request, socket) => {
    socket.write("HTTP/1.1 101 Switching Protocols\\r\\nconnection: Upgrade\\r\\nupgrade: echo\\r\\n\\r\\n");
    socket.pipe(socket);
  });
  setTimeout(() => server.listen(process.env.PORT), { slow: 2500, mute: 60000 }[mode] ?? 0);
`;
const browser = {
  accept: "text/html,application/xhtml+xml,*/*;q=0.8",
  "sec-fetch-mode": "navigate",
  "sec-fetch-dest": "document",
  "user-agent": "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0",
};

describe("an app that sleeps", () => {
  let berth: Berth;
  let repository: Repository;
  let ada: Person;
  const folder = mkdtempSync(join(tmpdir(), "berth-wakes-"));
  const modeFile = join(folder, "mode");
  const turn = (mode: "quick" | "slow" | "exit" | "mute") => writeFileSync(modeFile, mode);
  const running = () => instancesOf(berth.home, app);
  const asleep = () =>
    until(
      "it sleeps",
      async () => running().length === 0 && (await berth.status(app)).services[0]!.replicas === 0,
      40_000,
    );
  const get = (path = "/", headers: Record<string, string> = {}) => berth.get(host, path, headers);
  const environment = () => berth.api().apps[":app"].environments[":environment"];
  const wakes = async () =>
    (await (await environment().wakes.$get({ param: scope, query: { service: "web" } })).json()).items;

  beforeAll(async () => {
    turn("quick");
    berth = await startBerth();
    ada = makePerson(berth);
    repository = await makeRepository(berth, app, {
      "package.json": manifest(app),
      "server.js": program,
      "berth.yaml": `
env: { MODE_FILE: ${modeFile} }
services:
  web:
    command: node server.js
    health: { timeout: 20s }
    scale: { min: 0, idle: 1s, wake: { timeout: 4s, queue: 1000 } }
`,
    });
    await repository.deploy();
  });
  beforeEach(async () => {
    turn("quick");
    await asleep();
  });
  afterAll(async () => {
    ada.remove();
    repository.remove();
    await berth.stop();
    rmSync(folder, { recursive: true });
  });

  it("is started once for a thousand requests at once, and answers them all", async () => {
    const before = (await wakes()).length;
    const door = { address: "127.0.0.1", port: berth.port, agent: new Agent({ maxSockets: 1_000 }) };
    const answers = await Promise.all(
      Array.from({ length: 1_000 }, () => getAt(door, host, "/", { "user-agent": "curl/8.14" })),
    );
    door.agent.destroy();
    expect(new Set(answers.map(({ status, body }) => `${status} ${body}`)).size).toBe(1);
    const [first] = answers;
    expect(first!.status).toBe(200);
    expect(first!.headers["server-timing"]).toMatch(
      /^wake;dur=\d+, wake-queue;dur=\d+, wake-create;dur=\d+, wake-start;dur=\d+, wake-ready;dur=\d+$/,
    );
    expect((await get()).headers["server-timing"]).toBeUndefined();
    await until("it is kept", async () => (await wakes()).length > before);
    const [wake, ...others] = await wakes();
    expect(others).toHaveLength(before);
    expect(wake).toMatchObject({ state: "succeeded", cause: { kind: "request", by: "curl" } });
    expect(wake!.phases.map(({ phase }) => phase)).toEqual(["queue", "create", "start", "ready"]);
    expect(wake!.phases.reduce((sum, { durationMs }) => sum + durationMs, 0)).toBe(wake!.endedAt! - wake!.startedAt);
  });

  it("tells all who wait why it does not start", async () => {
    turn("exit");
    const answers = await Promise.all(Array.from({ length: 20 }, () => get()));
    for (const { status, headers, body } of answers) {
      expect(status).toBe(503);
      expect(headers["retry-after"]).toBe("5");
      expect(body).toContain("it exited with code 3");
    }
    const [wake] = await wakes();
    expect(wake).toMatchObject({ state: "failed", reason: expect.stringContaining("it exited with code 3") });
  });

  it("answers after its own deadline how far the start has come", async () => {
    turn("mute");
    // A moment after it was ended it may still be told how it failed before.
    let answer = await get();
    while (answer.body.includes("it exited")) answer = await get();
    const { status, headers, body } = answer;
    expect(status).toBe(503);
    expect(headers["retry-after"]).toBe("5");
    expect(body).toMatch(/still starting[^]*(nothing listens|starting its program)/);
  });

  it("does not fall asleep with a request, a stream or a WebSocket in flight", async () => {
    const pid = (await get()).body;
    expect((await get("/slow")).body).toBe(pid);
    await asleep();

    const stream = request({ host: "127.0.0.1", port: berth.port, path: "/stream", headers: { host } }).end();
    const [response] = (await once(stream, "response")) as [IncomingMessage];
    const [streamer] = (await once(response.setEncoding("utf8"), "data")) as [string];
    await sleep(4_000);
    expect((await get()).body).toBe(streamer);
    stream.destroy();
    await asleep();

    const upgrade = { host, connection: "upgrade", upgrade: "echo" };
    const asked = request({ host: "127.0.0.1", port: berth.port, headers: upgrade }).end();
    const [opened, socket] = (await once(asked, "upgrade")) as [IncomingMessage, Socket];
    expect(opened.headers["server-timing"]).toMatch(/^wake;dur=/);
    const upgraded = (await get()).body;
    await sleep(4_000);
    expect((await get()).body).toBe(upgraded);
    socket.destroy();
    await asleep();
  });

  it("shows a browser how its start goes, and then itself", async () => {
    turn("slow");
    const { status, headers, body } = await get("/some/where?a=1", browser);
    expect(status).toBe(503);
    expect(headers).toMatchObject({
      "content-type": "text/html; charset=utf-8",
      "cache-control": "no-store",
      "retry-after": "5",
      "x-robots-tag": "noindex, nofollow",
    });
    const phases = [...body.matchAll(/<li>([^<]+) <small>\d+ ms<\/small><\/li>/g)].map(([, text]) => text);
    expect(phases).toEqual([
      "Asking for an instance",
      "Creating the instance",
      "Starting its program",
      "Waiting for its health check",
    ]);
    expect(body).toMatch(/It is awake[^]*<script>location.reload\(\)<\/script>/);
    expect(await get("/some/where?a=1", browser)).toMatchObject({ status: 200 });
  });

  it("has the body of a request wait at its client, not in memory", async () => {
    turn("slow");
    await berth.get("localhost", "/api/v1/openapi.json");
    const before = memoryOf(berth.pid()).residentBytes;
    const headers = { host, "content-length": String(uploadBytes) };
    const upload = request({ host: "127.0.0.1", port: berth.port, method: "POST", headers });
    const answered = once(upload, "response") as Promise<[IncomingMessage]>;
    let most = 0;
    const chunk = Buffer.alloc(2 ** 20);
    for (let sent = 0; sent < uploadBytes; sent += chunk.length) {
      most = Math.max(most, memoryOf(berth.pid()).residentBytes);
      if (!upload.write(chunk)) await once(upload, "drain");
    }
    upload.end();
    const [response] = await answered;
    let body = "";
    for await (const part of response.setEncoding("utf8")) body += String(part);
    expect(`${response.statusCode} ${body}`).toBe(`200 ${uploadBytes}`);
    expect(most - before).toBeLessThan(uploadBytes / 4);
  });

  it("is woken by berth wake, which tells its phases, and stays awake for a while", async () => {
    const { code, out, err } = await ada.berth(["wake", "--app", app]);
    expect({ code, err: err.replace(/\d+(\.\d+)? m?s/g, "1 ms") }).toEqual({
      code: 0,
      err: [
        "queue    web  asked for an instance  1 ms",
        "create   web  the instance is made  1 ms",
        "start    web  its program listens  1 ms",
        "ready    web  it is healthy  1 ms\n",
      ].join("\n"),
    });
    expect(out).toMatch(/^✓ web is awake after /);
    expect(running()).toHaveLength(1);
    expect((await wakes())[0]).toMatchObject({ cause: { kind: "person" }, state: "succeeded" });
    expect((await ada.berth(["status", "--app", app])).out).toMatch(/\n {2}wake {4}web: p50 .*p95 .*lately/);
    await asleep();
    const requests = setInterval(() => void get().catch(() => undefined), 200);
    await get();
    const again = await ada.berth(["wake", "web", "--app", app]);
    clearInterval(requests);
    expect(again).toMatchObject({ code: 0, out: "✓ web is awake already\n", err: "" });
    await asleep();
    turn("exit");
    const failed = await ada.berth(["wake", "--app", app]);
    expect(failed.code).toBe(1);
    expect(failed.out + failed.err).toContain("web did not wake: it exited with code 3");
    expect((await ada.berth(["wake", "worker", "--app", app])).err).toContain('no service "worker"');
  });
});

const uploadBytes = 256 * 2 ** 20;
