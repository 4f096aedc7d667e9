import { readFileSync } from "node:fs";
import { request } from "node:http";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type Answer, type Berth, get, startBerth } from "../support/berth.ts";
import { makeRepository, type Repository } from "../support/repository.ts";
import { type RouterProcess, startRouter } from "../support/router.ts";
import { until } from "../support/until.ts";

const server = `
  import { createServer } from "node:http";
  createServer((request, response) => response.end(request.headers["x-forwarded-for"])).listen(process.env.PORT);
`;

describe("metrics and the access log", () => {
  let berth: Berth;
  let router: RouterProcess;
  let repository: Repository;
  const bearer = () => ({ authorization: `Bearer ${berth.token()}` });
  const scrape = (port: number, host: string, headers: Record<string, string> = bearer()) =>
    get(port, host, "/metrics", headers);

  beforeAll(async () => {
    const settings = { BERTH_TRUSTED_PROXIES: "127.0.0.1", BERTH_BODY_LIMITS: "notes=1Ki" };
    berth = await startBerth(settings);
    router = await startRouter(berth, { BERTH_ACCESS_LOG: join(berth.home, "access.log") });
    repository = await makeRepository(berth, "notes", {
      "package.json": JSON.stringify({ name: "notes", type: "module", scripts: { start: "node server.js" } }),
      "server.js": server,
    });
    await repository.deploy();
  });
  afterAll(async () => {
    await router.stop();
    repository.remove();
    await berth.stop();
  });

  it("are told to whoever has a token, by the server of itself", async () => {
    expect((await berth.get("notes.localhost")).status).toBe(200);
    for (const host of ["localhost", "127.0.0.1", "10.0.0.7"]) {
      const { status, body, headers } = await scrape(berth.port, host);
      expect(status).toBe(200);
      expect(headers["content-type"]).toBe("text/plain; version=0.0.4; charset=utf-8");
      const labels = 'app="notes",environment="production",service="web",release="v1"';
      expect(body).toMatch(new RegExp(`^berth_requests_total\\{${labels},workload="\\w{12}",code="2xx"\\} 1$`, "m"));
      expect(body).toMatch(/^process_resident_memory_bytes \d+$/m);
    }
    expect((await scrape(berth.port, "localhost", {})).status).toBe(401);
    expect((await scrape(berth.port, "localhost", { authorization: "Bearer berth_no" })).status).toBe(401);
    // An app may have such a path of its own.
    expect((await berth.get("notes.localhost", "/metrics")).body).toBe("127.0.0.1");
  });

  it("are told by a router of itself, which asks the server who has a token, and remembers while that is away", async () => {
    expect((await router.get("notes.localhost")).status).toBe(200);
    expect((await scrape(router.port, "10.0.0.7", {})).status).toBe(401);
    expect((await scrape(router.port, "10.0.0.7", { authorization: `Bearer berth_${"a".repeat(43)}` })).status).toBe(
      401,
    );
    expect((await scrape(router.port, "10.0.0.7")).body).toMatch(
      /^berth_requests_total\{app="notes",.*code="2xx"\} 1$/m,
    );
    const headers = bearer();
    await berth.kill();
    expect((await scrape(router.port, "10.0.0.7", headers)).status).toBe(200);
    expect((await scrape(router.port, "10.0.0.7", { authorization: `Bearer berth_${"a".repeat(43)}` })).status).toBe(
      503,
    );
    await berth.restart();
  });

  it("has a line for each request that came by a router", async () => {
    const file = join(berth.home, "access.log");
    await router.get("notes.localhost", "/a?b=secret");
    await until("the line is written", async () => readFileSync(file, "utf8").includes('"path":"/a"'));
    const lines = readFileSync(file, "utf8").trimEnd().split("\n");
    const line = JSON.parse(lines.find((one) => one.includes('"path":"/a"')) ?? "") as Record<string, unknown>;
    expect(line).toMatchObject({ app: "notes", service: "web", release: 1, status: 200, client: "127.0.0.1" });
    expect(lines.join()).not.toContain("secret");
  });

  it("take a client's address from a proxy that is trusted, and bodies as large as the app takes", async () => {
    const headers = { "x-forwarded-for": "192.0.2.1" };
    await until(
      "the server serves",
      async () => (await berth.get("notes.localhost", "/", headers)).body === "192.0.2.1",
    );
    expect((await post(berth.port, "x".repeat(2_000))).status).toBe(413);
  });
});

function post(port: number, body: string): Promise<Pick<Answer, "status">> {
  return new Promise((resolve, reject) => {
    const headers = { host: "notes.localhost", "content-length": body.length };
    request({ port, host: "127.0.0.1", method: "POST", headers, agent: false }, (response) => {
      response.resume().on("end", () => resolve({ status: response.statusCode ?? 0 }));
    })
      .on("error", reject)
      .end(body);
  });
}
