import { connect } from "node:http2";
import { expect, it, onTestFinished } from "vitest";
import { ask } from "./support/request.ts";
import { converse, startInstance, startRouter, until } from "./support/servers.ts";

const trace = "0af7651916cd43dd8448eb211c80319c";
const traceparent = `00-${trace}-b7ad6b7169203331-00`;

async function start() {
  const lines: Record<string, unknown>[] = [];
  const instance = await startInstance((req, res) => {
    if (req.url === "/broken") return res.writeHead(500).end();
    return res.end(JSON.stringify([req.headers["traceparent"], req.headers["tracestate"]]));
  });
  const running = await startRouter([{ id: "web", ports: [instance.port] }], {
    accessLog: (line) => void lines.push(JSON.parse(line) as Record<string, unknown>),
  });
  return { ...running, lines, instance };
}

it("has a line for each request, with nothing in it that may be secret", async () => {
  const { port, lines, instance } = await start();
  const headers = { cookie: "session=secret", authorization: "Bearer secret", "x-request-id": "r1", traceparent };
  const { body } = await ask({ port, path: "/a?token=secret", headers });
  await until(() => lines.length === 1, "the line is written");
  expect(lines[0]).toEqual({
    time: expect.stringMatching(/^\d{4}-\d\d-\d\dT.*Z$/),
    app: "shop",
    environment: "production",
    service: "web",
    release: null,
    workload: "web",
    instance: `web-${instance.port}`,
    method: "GET",
    host: "shop.localhost:4000",
    path: "/a",
    status: 200,
    bytes: body.length,
    durationMs: expect.any(Number),
    waitMs: expect.any(Number),
    reason: null,
    client: "127.0.0.1",
    requestId: "r1",
    traceId: trace,
  });
});

it("says why a request was not passed on, and what became of those that were", async () => {
  const { port, lines } = await start();
  await ask({ port, host: "nobody.localhost" });
  await ask({ port, path: "/broken" });
  await converse(port, "GET /a#b HTTP/1.1\r\nHost: shop.localhost\r\n\r\n");
  const session = connect(`http://127.0.0.1:${port}`);
  onTestFinished(() => session.destroy());
  const stream = session.request({ ":authority": "shop.localhost", ":path": "/two" });
  await new Promise((resolve) => stream.resume().on("close", resolve));
  await until(() => lines.length === 4, "four lines are written");
  expect(lines.map(({ app, status, reason, path }) => [app, status, reason, path])).toEqual([
    [null, 404, "unknown-host", "/"],
    ["shop", 500, null, "/broken"],
    [null, 400, "bad-target", ""],
    ["shop", 200, null, "/two"],
  ]);
});

it("names the trace that a request belongs to, which is made where it has none that is valid", async () => {
  const { port, lines } = await start();
  const tell = async (headers: Record<string, string | string[]>) =>
    JSON.parse((await ask({ port, headers })).body) as string[];
  expect(await tell({ traceparent, tracestate: "a=b" })).toEqual([traceparent, "a=b"]);
  const made = /^00-[0-9a-f]{32}-[0-9a-f]{16}-01$/;
  for (const given of [
    "",
    "junk",
    `00-${"0".repeat(32)}-b7ad6b7169203331-00`,
    traceparent.toUpperCase(),
    `ff${traceparent.slice(2)}`,
  ]) {
    const [parent, state] = await tell({ traceparent: given, tracestate: "a=b" });
    expect(parent).toMatch(made);
    expect(state).toBeNull();
  }
  const [one] = await tell({});
  const [other] = await tell({});
  expect(one).not.toBe(other);
  await until(() => lines.length === 8, "all lines are written");
  expect(lines[7]?.["traceId"]).toBe(other?.slice(3, 35));
});
