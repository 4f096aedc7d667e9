import { readdirSync, statSync } from "node:fs";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, expect, it } from "vitest";
import { type Berth, startBerth } from "../support/berth.ts";
import { answering, manifest } from "../support/programs.ts";
import { makeRepository, type Repository } from "../support/repository.ts";
import { until } from "../support/until.ts";

let berth: Berth;
let repository: Repository;
let good: string;

beforeAll(async () => {
  berth = await startBerth();
  repository = await makeRepository(berth, "harbour", {
    "package.json": manifest("harbour"),
    "server.js": answering("good"),
    "berth.yaml": yaml(),
  });
  await repository.deploy();
  good = await repository.git("rev-parse", "HEAD");
});
afterEach(() => repository.git("reset", "--quiet", "--hard", good));
afterAll(async () => {
  repository.remove();
  await berth.stop();
});

function yaml({ path = "/", memory = "256Mi" } = {}) {
  return `services:\n  web:\n    health: { path: ${path}, timeout: 2s }\n    resources: { memory: ${memory} }\n`;
}

/** Pushes what cannot come up. Returns what the pusher sees, having checked that what was live still is. */
async function pushBroken(files: Record<string, string>): Promise<string> {
  repository.write(files);
  await repository.commit("Break it");
  const { ok, output } = await repository.push();
  expect(output).toContain("[remote rejected]");
  expect(ok).toBe(false);
  expect(output).toMatch(/still +v\d+ is live +http:\/\/harbour\.localhost/);
  expect((await berth.get("harbour.localhost")).body).toBe("good");
  expect(await repository.git("ls-remote", "berth", "refs/heads/main")).toContain(good);
  const { live, desired, services } = await berth.status("harbour");
  expect(desired).toBe(live);
  expect(services.map(({ replicas }) => replicas)).toEqual([1]);
  return output;
}

const listenOn = (port: string, answer = "response.end('up')") =>
  `import { createServer } from "node:http";
  createServer((request, response) => { ${answer} }).listen(${port}, () => console.log("listening"));`;

it("names the port that an app listens on instead of PORT", async () => {
  const output = await pushBroken({ "server.js": listenOn("0") });
  expect(output).toMatch(/web did not come up: it listens on \d+ instead of \$PORT \(\d+\)/);
});

it("says that an app exits at once, and with which code", async () => {
  expect(await pushBroken({ "server.js": "console.log('nothing to do')" })).toMatch(
    /nothing to do[^]*web did not come up: it exited with code 0/,
  );
});

it("says that a command is not there", async () => {
  const output = await pushBroken({ "package.json": manifest("harbour", { start: "helmsman serve" }) });
  expect(output).toMatch(/helmsman/);
  expect(output).toMatch(/did not come up: .*(not found|127)/);
});

it("shows what an app prints without letting it write on the pusher's terminal", async () => {
  const output = await pushBroken({
    "server.js": `process.stdout.write(Buffer.from([0, 1, 2, 255, 254, 27, 91, 50, 74, 27, 93, 48, 59, 120, 7, 10]));
      console.log("after the bytes"); process.exit(1);`,
  });
  expect(output).toContain("after the bytes");
  const shown = output.replaceAll("\u001B[K", "");
  // oxlint-disable-next-line no-control-regex
  expect(shown).not.toMatch(/[\u0000-\u0008\u000B\u000C\u000E-\u001F\u007F]/);
});

it("says that an app accepts connections and does not answer", async () => {
  const output = await pushBroken({ "server.js": listenOn("process.env.PORT", "") });
  expect(output).toMatch(/web did not come up: it accepts connections on PORT \d+ but has not answered \//);
});

it("says which status an app answers on its health path", async () => {
  const output = await pushBroken({
    "berth.yaml": yaml({ path: "/healthz" }),
    "server.js": listenOn("process.env.PORT", "response.writeHead(503).end()"),
  });
  expect(output).toMatch(/web did not come up: it answers 503 on \/healthz; anything below 500 counts as healthy/);
});

it("says that an app used more memory than it may", async () => {
  const output = await pushBroken({
    "berth.yaml": yaml({ memory: "96Mi" }).replace("2s", "20s"),
    "server.js": "globalThis.hoard = Buffer.alloc(300 * 2 ** 20, 1); setInterval(() => {}, 1000);",
  });
  expect(output).toMatch(/web did not come up: it used more memory than its 96 MiB/);
});

it("starts an app again that crashes once it is live, and keeps why in its log", async () => {
  repository.write({
    "server.js": listenOn("process.env.PORT", "request.url === '/die' ? process.exit(9) : response.end('up')"),
  });
  await repository.commit("Die when asked to");
  await repository.deploy("--force", "berth", "main");
  expect((await berth.get("harbour.localhost", "/die")).status).toBe(502);
  await until("the app is back", async () => (await berth.get("harbour.localhost")).body === "up");
  const { services } = await berth.status("harbour");
  expect(services[0]!.instances).toMatchObject([{ state: "ready", restarts: 1 }]);
  const lines: string[] = [];
  for await (const { stream, text } of berth.logs({ app: "harbour" })) if (stream === "berth") lines.push(text);
  expect(lines.join("\n")).toMatch(/exited with code 9/);
});

it("bounds what it keeps of an app that floods its log, and the app stays up", async () => {
  repository.write({
    "server.js": `${answering("flooding")}
      const line = "x".repeat(1000);
      let left = 120_000;
      (function flood() {
        while (left > 0 && process.stdout.write(line + "\\n")) left -= 1;
        if (left > 0) { left -= 1; process.stdout.once("drain", flood); } else console.log("the flood is over");
      })();`,
  });
  await repository.commit("Flood the log");
  await repository.deploy("--force", "berth", "main");
  for await (const { text } of berth.logs({ app: "harbour", follow: true, tail: 1 }))
    if (text === "the flood is over") break;
  expect((await berth.get("harbour.localhost")).body).toBe("flooding");
  const logs = join(berth.home, "logs/harbour");
  const sizes = readdirSync(logs, { recursive: true, encoding: "utf8" }).map((path) => statSync(join(logs, path)).size);
  expect(Math.max(...sizes)).toBeLessThan(40 * 2 ** 20);
});
