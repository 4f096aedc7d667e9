import { once } from "node:events";
import { createServer, request as ask, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { WebSocket } from "undici";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { type ApiUpgrades, makeApiUpgrades } from "../../packages/api/src/index.ts";
import { makeClient } from "../../packages/api/src/client.ts";
import type {
  AttachRequest,
  ExecExit,
  ExecOutput,
  ExecRequest,
  ExecSession,
  StartedExec,
} from "../../packages/core/src/index.ts";
import { makeChannel } from "../../packages/core/src/index.ts";
import { until } from "../support/until.ts";
import { givenLive, type Harness, openHarness } from "./harness.ts";

/** A program that the test is. */
function makeProgram() {
  const output = makeChannel<ExecOutput>(4);
  const exit = Promise.withResolvers<ExecExit>();
  const program = {
    taken: [] as string[],
    hasEnd: false,
    sizes: [] as object[],
    isClosed: false,
    /** Input is taken only when this resolves. */
    takes: Promise.resolve(),
    print: (text: string | Uint8Array) => output.write({ stream: "stdout", data: Buffer.from(text) }),
    end(code: number) {
      output.end();
      exit.resolve({ code, message: null });
    },
    session: {
      output: (async function* () {
        for await (const pieces of output) yield* pieces;
      })(),
      exit: exit.promise,
      async write(data) {
        await program.takes;
        program.taken.push(Buffer.from(data).toString());
      },
      endInput: () => void (program.hasEnd = true),
      resize: (size) => void program.sizes.push(size),
      async close() {
        program.isClosed = true;
        program.end(129);
      },
    } satisfies ExecSession,
  };
  return program;
}

describe("exec", () => {
  let harness: Harness;
  let http: Server;
  let upgrades: ApiUpgrades;
  let program: ReturnType<typeof makeProgram>;
  let asked: { request: ExecRequest; person: string }[];
  let port: number;

  beforeEach(async () => {
    http = createServer();
    http.listen(0, "127.0.0.1");
    await once(http, "listening");
    ({ port } = http.address() as AddressInfo);
    harness = await openHarness({ port });
    await givenLive(harness.store);
    program = makeProgram();
    asked = [];
    harness.deployments.exec = async (request, actor): Promise<StartedExec> => {
      asked.push({ request, person: actor.person });
      return { session: program.session, service: "web", instance: "web-1", version: 1 };
    };
    upgrades = makeApiUpgrades(harness.api, { log: harness.log });
    http.on("upgrade", (request, socket, head) => {
      if (!upgrades.upgrade(request, socket, head)) socket.destroy();
    });
  });
  afterEach(async () => {
    await upgrades.close();
    http.close();
    await harness.close();
  });

  const path = "/api/v1/apps/shop/environments/production/exec";

  /** Asks for a connection, and tells the status with which that is answered. */
  async function statusOf(token: string, headers: Record<string, string> = {}, at = path): Promise<number> {
    const asking = ask({
      port,
      host: "127.0.0.1",
      path: at,
      headers: {
        host: `localhost:${port}`,
        connection: "Upgrade",
        upgrade: "websocket",
        "sec-websocket-version": "13",
        "sec-websocket-key": Buffer.alloc(16).toString("base64"),
        authorization: `Bearer ${token}`,
        ...headers,
      },
    }).end();
    return await new Promise((resolve, reject) => {
      asking.on("error", reject);
      asking.on("response", (answer) => resolve(answer.resume().statusCode ?? 0));
      asking.on("upgrade", (answer, socket) => {
        socket.destroy();
        resolve(answer.statusCode ?? 0);
      });
    });
  }

  async function connect(token: string) {
    const headers = { authorization: `Bearer ${token}` };
    const socket = new WebSocket(`ws://127.0.0.1:${port}${path}`, { headers });
    const heard: { kind: string; problem?: { code: string } }[] = [];
    socket.addEventListener("message", ({ data }) => {
      if (typeof data === "string") heard.push(JSON.parse(data));
    });
    const closed = new Promise<number>((resolve) => {
      socket.addEventListener("close", ({ code }) => resolve(code));
    });
    await new Promise((resolve) => socket.addEventListener("open", resolve));
    return { socket, heard, closed, say: (message: object) => socket.send(JSON.stringify(message)) };
  }

  const start = { kind: "start", argv: ["ls"] };

  it("is for deployers and owners, and for no web page of another origin", async () => {
    expect(await statusOf(harness.tokens.viewer)).toBe(403);
    expect(await statusOf(`berth_${"a".repeat(43)}`)).toBe(401);
    const { deployer, owner } = harness.tokens;
    expect(await statusOf(deployer, { origin: "http://shop.localhost:4000" })).toBe(403);
    expect(await statusOf(deployer, { host: "evil.example" })).toBe(421);
    expect(await statusOf(deployer, {}, path.replace("production", "nowhere"))).toBe(404);
    expect(await statusOf(deployer, {}, "/api/v1/apps")).toBe(200);
    expect(await statusOf(deployer, { origin: `http://localhost:${port}` })).toBe(101);
    expect(await statusOf(owner)).toBe(101);
    expect((await harness.send("GET", path.slice("/api/v1".length))).status).toBe(426);
    expect(asked).toEqual([]);
  });

  it("passes on what is asked for, all bytes, sizes and the exit code", async () => {
    const client = makeClient({ url: `http://localhost:${port}`, token: harness.tokens.deployer });
    const seen: Buffer[] = [];
    const terminal = { columns: 90, rows: 20, term: "xterm" };
    const opened = await client.openExec({
      app: "shop",
      environment: "production",
      argv: ["sh", "-c", "a b"],
      terminal,
      onOutput: async (_, data) => void seen.push(Buffer.from(data)),
    });
    expect(opened).toMatchObject({ service: "web", instance: "web-1", version: 1 });
    const request = { app: "shop", environment: "production", service: null, instance: null };
    expect(asked).toEqual([{ person: "deployer", request: { ...request, argv: ["sh", "-c", "a b"], terminal } }]);
    await opened.write(Buffer.from("x".repeat(200_000)));
    opened.resize({ columns: 100, rows: 30 });
    opened.endInput();
    await until("its input has ended", () => program.hasEnd);
    expect(program.taken.join("")).toBe("x".repeat(200_000));
    expect(program.sizes).toEqual([{ kind: "resize", columns: 100, rows: 30 }]);
    const much = Buffer.alloc(500_000, 7);
    await program.print(much);
    program.end(3);
    expect(await opened.ended).toEqual({ code: 3, message: null });
    expect(Buffer.concat(seen).equals(much)).toBe(true);
  });

  it("makes a program wait for a client that does not read, and a client for a program that does not", async () => {
    const client = makeClient({ url: `http://localhost:${port}`, token: harness.tokens.deployer });
    const reads = Promise.withResolvers<void>();
    const takes = Promise.withResolvers<void>();
    program.takes = takes.promise;
    const opened = await client.openExec({
      app: "shop",
      environment: "production",
      argv: [],
      onOutput: () => reads.promise,
    });
    const piece = Buffer.alloc(65_536);
    const counted = { printed: 0, written: 0 };
    const printing = (async () => {
      for (; counted.printed < 1_000; counted.printed += 1) await program.print(piece);
    })();
    const writing = (async () => {
      for (; counted.written < 1_000; counted.written += 1) await opened.write(piece);
    })();
    await new Promise((resolve) => setTimeout(resolve, 700));
    const before = { ...counted };
    await new Promise((resolve) => setTimeout(resolve, 300));
    expect(counted).toEqual(before);
    expect(Math.max(counted.printed, counted.written)).toBeLessThan(500);
    reads.resolve();
    takes.resolve();
    await Promise.all([printing, writing]);
    program.end(0);
    expect((await opened.ended).code).toBe(0);
  });

  it("hangs up on the program where the client goes away, and where the server stops", async () => {
    const first = await connect(harness.tokens.deployer);
    first.say(start);
    await until("it has started", () => first.heard.length === 1);
    first.socket.close();
    await until("it is hung up on", () => program.isClosed);

    program = makeProgram();
    const second = await connect(harness.tokens.deployer);
    second.say(start);
    await until("it has started", () => second.heard.length === 1);
    await upgrades.close();
    expect(program.isClosed).toBe(true);
    await until("it is told", () => second.heard.length === 2);
    expect(second.heard[1]).toMatchObject({ kind: "error", problem: { code: "server.unreachable" } });
  });

  it("is the same for a command on a release, whose operation is told", async () => {
    const requests: AttachRequest[] = [];
    harness.deployments.attachRun = async (request) => {
      requests.push(request);
      return { session: program.session, operation: "op_1", service: "web", version: 3 };
    };
    expect(await statusOf(harness.tokens.viewer, {}, path.replace("exec", "runs/attached"))).toBe(403);
    const client = makeClient({ url: `http://localhost:${port}`, token: harness.tokens.deployer });
    const asked = { app: "shop", environment: "production", service: null, version: 3 };
    const heard: string[] = [];
    const onOutput = async (stream: string, data: Uint8Array) =>
      void heard.push(`${stream}: ${Buffer.from(data).toString()}`);
    const terminal = { columns: 90, rows: 20, term: "xterm" };
    const opened = await client.openRun({ ...asked, argv: ["sh"], terminal, onOutput });
    expect(opened).toMatchObject({ operation: "op_1", service: "web", version: 3 });
    await opened.write(Buffer.from("ls\r"));
    await until("it is taken", () => program.taken.join("") === "ls\r");
    await program.print("there");
    program.end(4);
    expect(await opened.ended).toEqual({ code: 4, message: null });
    expect(heard).toEqual(["stdout: there"]);
    expect(requests).toEqual([{ ...asked, argv: ["sh"], terminal }]);
    await expect(client.openRun({ ...asked, argv: [], onOutput })).rejects.toMatchObject({ code: "input.invalid" });
  });

  it("refuses what it does not understand, and what is too long", async () => {
    const bad: (object | string | Buffer)[] = [
      "nonsense",
      { kind: "other" },
      { kind: "end" },
      Buffer.from([0, 1]),
      { ...start, argv: "ls" },
      { ...start, argv: ["a\0b"] },
      { ...start, argv: Array.from({ length: 1_001 }, () => "a") },
      { ...start, terminal: { columns: 0, rows: 1, term: "x" } },
      { ...start, terminal: { columns: 1, rows: 1, term: "x; rm" } },
      { ...start, more: 1 },
    ];
    for (const message of bad) {
      const { socket, heard, closed } = await connect(harness.tokens.deployer);
      socket.send(typeof message === "object" && !Buffer.isBuffer(message) ? JSON.stringify(message) : message);
      await closed;
      expect([message, heard]).toMatchObject([message, [{ kind: "error", problem: { code: "input.invalid" } }]]);
    }
    const { socket, closed } = await connect(harness.tokens.deployer);
    socket.send(Buffer.alloc(1_000_000));
    expect(await closed).toBe(1009);
    expect(asked).toEqual([]);
  });

  it("tells what the deployer refuses", async () => {
    const client = makeClient({ url: `http://localhost:${port}`, token: harness.tokens.viewer });
    const opening = client.openExec({ app: "shop", environment: "production", argv: [], onOutput: async () => {} });
    await expect(opening).rejects.toMatchObject({ code: "auth.forbidden" });
  });
});
