import { afterAll, beforeAll, expect, it } from "vitest";
import { type Berth, startBerth } from "../support/berth.ts";
import { hasDocker, mirrors } from "../support/parts.ts";
import { makeRepository } from "../support/repository.ts";
import { describeWith } from "../support/requires.ts";
import { until } from "../support/until.ts";

const { isThere, reason } = await hasDocker();

/** Writes into `data` and `/var/count`, and answers with what it read there; `fall` ends it. */
const server = `const { createServer } = require("node:http");
const { mkdirSync, readFileSync, writeFileSync } = require("node:fs");
mkdirSync("data", { recursive: true });
writeFileSync("data/old.txt", readFileSync("data/old.txt", "utf8") + "+");
writeFileSync("/var/count/new.txt", "new");
createServer((request, response) => {
  if (request.url === "/fall") process.exit(3);
  response.end(readFileSync("data/old.txt", "utf8") + readFileSync("/var/count/new.txt", "utf8"));
}).listen(process.env.PORT);`;

describeWith("docker", isThere, reason, () => {
  let berth: Berth;
  beforeAll(async () => {
    berth = await startBerth({ BERTH_RUNTIME: "docker", BERTH_MIRRORS: mirrors });
  }, 60_000);
  afterAll(() => berth.stop(), 60_000);

  it("lets a Dockerfile's app write where berth.yaml says, says who it runs as, and waits for it after a crash", async () => {
    const repository = await makeRepository(berth, "file-writes", {
      Dockerfile: 'FROM node:24-slim\nWORKDIR /srv\nCOPY . .\nCMD ["node", "server.js"]\n',
      "server.js": server,
      "data/old.txt": "old",
      "berth.yaml": "services: { web: { writable: [data, /var/count] } }\n",
    });
    const output = await repository.deploy();
    expect(output).toContain("runs as 1000:1000 instead of root");
    expect(output).toContain("making its image ready");
    expect((await berth.get("file-writes.localhost")).body).toBe("old+new");
    await berth.get("file-writes.localhost", "/fall").catch(() => null);
    const statuses = new Set<number>();
    await until("it serves again", async () => {
      const { status } = await berth.get("file-writes.localhost");
      statuses.add(status);
      return status === 200;
    });
    // Until its end is known, it does not answer; from then on it is waited for.
    expect([...statuses]).not.toContain(503);
    repository.remove();
  }, 120_000);

  it("gives up soon on one that stays on a port of its own, and says how to name it", async () => {
    const repository = await makeRepository(berth, "file-port", {
      Dockerfile: 'FROM python:3.11-slim\nCMD ["python", "-m", "http.server", "5000"]\n',
    });
    const { ok, output } = await repository.push();
    expect(ok).toBe(false);
    expect(output).toContain("it listens on 5000 instead of $PORT (8080)");
    expect(output).toContain('EXPOSE 5000, or in berth.yaml, env: { PORT: "5000" }');
    const { services } = await berth.status("file-port").catch(() => ({ services: [] }));
    expect(services).toEqual([]);
    repository.remove();
  }, 120_000);
});
