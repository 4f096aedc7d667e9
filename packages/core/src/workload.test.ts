import { describe, expect, it } from "vitest";
import type { ReleasedService } from "./release.ts";
import { canonicalJson, makeWorkload, neighbourVariable, type Place } from "./workload.ts";

const key = Buffer.alloc(32, 7);
const place: Place = {
  app: "shop",
  cluster: null,
  environment: "production",
  neighbours: { api: "http://127.0.0.1:30001", web: "http://127.0.0.1:30002" },
};
const service: ReleasedService = {
  image: "sha256:aa",
  spec: {
    name: "web",
    source: ".",
    command: { argv: ["node", "server.js"] },
    routes: ["/"],
    listens: true,
    health: { path: "/", timeoutMs: 1000 },
    scale: { min: 1, max: 1, idleMs: 1000 },
    resources: { cpuMillis: 100, memoryBytes: 1000 },
    env: { LEVEL: "info" },
    stopGraceMs: 1000,
  },
};
const changed = (parts: Partial<ReleasedService["spec"]>): ReleasedService => ({
  ...service,
  spec: { ...service.spec, ...parts },
});
const idOf = (released: ReleasedService, where = place) => makeWorkload(released, where, key).id;

describe("the id of a workload", () => {
  it("is the same for the same content and place, whatever the order of its keys", () => {
    expect(idOf(changed({ env: { B: "2", A: "1" } }))).toBe(idOf(changed({ env: { A: "1", B: "2" } })));
  });

  it.each([
    ["its image", { ...service, image: "sha256:bb" as const }],
    ["its command", changed({ command: { argv: ["node", "other.js"] } })],
    ["a variable", changed({ env: { LEVEL: "debug" } })],
    ["its memory", changed({ resources: { cpuMillis: 100, memoryBytes: 2000 } })],
  ])("changes with %s", (_, other) => {
    expect(idOf(other)).not.toBe(idOf(service));
  });

  it("changes with its place, and with the installation's key", () => {
    expect(idOf(service, { ...place, environment: "preview" })).not.toBe(idOf(service));
    expect(makeWorkload(service, place, Buffer.alloc(32, 8)).id).not.toBe(idOf(service));
  });

  it("does not depend on how many there are or where it is routed", () => {
    expect(idOf(changed({ scale: { min: 5, max: 9, idleMs: 1 }, routes: ["/", "/x"] }))).toBe(idOf(service));
  });
});

describe("makeWorkload", () => {
  it("tells a service where its neighbours are, and lets its own variables win", () => {
    expect(makeWorkload(changed({ env: { BERTH_APP: "mine" } }), place, key).env).toEqual({
      BERTH_APP: "mine",
      BERTH_ENVIRONMENT: "production",
      BERTH_SERVICE: "web",
      BERTH_URL_API: "http://127.0.0.1:30001",
    });
  });

  it("has no health check for what does not listen", () => {
    expect(makeWorkload(changed({ listens: false }), place, key).health).toBeNull();
  });
});

it("names neighbours' variables in capitals", () => {
  expect(neighbourVariable("api-v2")).toBe("BERTH_URL_API_V2");
});

it("writes equal values as equal text", () => {
  expect(canonicalJson({ b: [1, { d: undefined, c: null }], a: "x" })).toBe('{"a":"x","b":[1,{"c":null}]}');
});
