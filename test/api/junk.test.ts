import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { givenLive, type Harness, openHarness } from "./harness.ts";
import { fillPath, routesOf } from "./routes-of.ts";

const texts = [
  "",
  " ",
  "0",
  "-1",
  "1e999",
  "NaN",
  "99999999999999999999",
  "null",
  "true",
  "shop",
  "production",
  "..",
  "%00",
  "%2e%2e%2f",
  "%F0%9F%92%A9",
  "%ff",
  "a'; drop table apps; --",
  "__proto__",
  "constructor",
  "x".repeat(3000),
  "é\u0000\uFFFF",
];
const bodies: unknown[] = [
  null,
  true,
  0,
  -1.5,
  "text",
  [],
  [[]],
  {},
  { name: null },
  { name: { toString: "x" } },
  { name: "x".repeat(5000) },
  { name: "shop\u0000" },
  { version: 1e308 },
  { version: "1" },
  { version: 9007199254740991 },
  { person: "ada", role: "__proto__", note: {} },
  { defaultBranch: "\u0000" },
  { defaultBranch: "\uD800" },
  JSON.parse('{"__proto__":{"role":"owner"},"constructor":1}'),
];
const raw = ["", "{", "nul", "\uFEFF{}", '{"name":"a","name":"b"}', "[".repeat(5000), "\u0000", "😀"];

describe("junk", () => {
  let harness: Harness;
  const failed: object[] = [];
  const send = async (method: string, path: string, init: RequestInit & { headers?: Record<string, string> } = {}) => {
    const response = await harness.api.request(`http://localhost:4000/api/v1${path}`, {
      ...init,
      method,
      headers: { authorization: `Bearer ${harness.tokens.owner}`, "content-type": "application/json", ...init.headers },
    });
    await response.body?.cancel();
    const { status } = response;
    if (status >= 500) failed.push({ status, method, path: path.slice(0, 200), body: String(init.body).slice(0, 100) });
    return status;
  };
  beforeAll(async () => {
    harness = await openHarness();
    await givenLive(harness.store);
  });
  afterAll(() => harness.close());

  const random = makeRandom(7);
  const pick = <T>(from: readonly T[]): T => from[Math.floor(random() * from.length)] as T;

  it("in paths is never an error of the server", async () => {
    const seen = new Set<number>();
    for (const { method, path } of routesOf(harness.api)) {
      for (const text of texts)
        seen.add(
          await send(
            method,
            fillPath(path, () => encodeURI(text).replaceAll("%25", "%")),
          ),
        );
    }
    expect(failed).toEqual([]);
    expect(seen).toContain(404);
    expect(seen).toContain(422);
  });

  it("in queries and headers is never an error of the server", async () => {
    const names = ["limit", "after", "wait", "tail", "follow", "service", "release", "app", "environment", "other"];
    for (const { method, path } of routesOf(harness.api)) {
      if (method === "DELETE" && path.endsWith(":app")) continue;
      const valid = fillPath(
        path,
        (name) => ({ app: "shop", environment: "production", version: "1" })[name] ?? "none",
      );
      for (let round = 0; round < 60; round += 1) {
        const query = `${pick(names)}=${encodeURIComponent(pick(texts).replace("\uD800", ""))}&${pick(names)}=${pick(["1", "%00", "%", "+"])}`;
        await send(method, `${valid}?${query}`, {
          headers: {
            "last-event-id": pick(["1", "", "x", "-1", "1e999"]),
            accept: pick(["*/*", "text/event-stream", "\u00ff"]),
          },
        });
      }
    }
    expect(failed).toEqual([]);
  });

  it("in bodies is never an error of the server", async () => {
    for (const { method, path } of routesOf(harness.api)) {
      if (method === "GET") continue;
      const valid = fillPath(path, (name) => ({ app: "shop", environment: "production" })[name] ?? "none");
      for (const body of [...raw, ...bodies.map((value) => JSON.stringify(value))]) await send(method, valid, { body });
    }
    expect(failed).toEqual([]);
  });

  it("in methods and paths that do not exist is told as such", async () => {
    for (const method of ["GET", "PUT", "POST", "DELETE", "PATCH", "HEAD", "OPTIONS", "PROPFIND"]) {
      expect(await send(method, "/no/such/route")).toBe(404);
      expect(await send(method, "//apps")).toBe(404);
    }
  });
});

/** The same numbers each time, from 0 to 1. Source: the mulberry32 generator. */
function makeRandom(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}
