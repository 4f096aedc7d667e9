import { expect, test } from "vitest";
import {
  type ChosenValues,
  chooseValues,
  type ConfigSources,
  holdValues,
  releaseHeld,
  valueIds,
} from "./choose-values.ts";
import type { ConfigEntry } from "./entry.ts";

const preview = { name: "feature", kind: "preview" } as const;
const production = { name: "production", kind: "production" } as const;
const web = { name: "web" };
const api = { name: "api" };

const entry = (scope: string, key: string, value: string, service: string | null = null): ConfigEntry => ({
  scope,
  service,
  key,
  value,
  setAt: 1,
  setBy: "ada",
});

const choose = (
  environment: Parameters<typeof chooseValues>[1],
  sources: Partial<ConfigSources>,
  services: Parameters<typeof chooseValues>[0] = [web, api],
): ChosenValues => chooseValues(services, environment, { entries: [], generated: [], ...sources });

test("the narrower scope wins, and in one scope the service's own setting", () => {
  const entries = [
    entry("feature", "A", "feature"),
    entry("all", "A", "all"),
    entry("previews", "A", "previews"),
    entry("all", "B", "all-api", "api"),
    entry("previews", "B", "previews"),
    entry("previews", "C", "previews-api", "api"),
    entry("previews", "C", "previews"),
    entry("all", "D", "all"),
    entry("all", "D", "all-web", "web"),
  ];
  expect(choose(preview, { entries }).config).toEqual({
    web: { A: "feature", B: "previews", C: "previews", D: "all-web" },
    api: { A: "feature", B: "previews", C: "previews-api", D: "all" },
  });
  expect(choose(production, { entries }).config).toEqual({
    web: { A: "all", D: "all-web" },
    api: { A: "all", B: "all-api", D: "all" },
  });
});

test("a preview has nothing of production, nor of another environment", () => {
  const entries = [entry("production", "KEY", "secret"), entry("other", "KEY", "other")];
  expect(choose(preview, { entries }).config).toEqual({ web: {}, api: {} });
  expect(choose(production, { entries }).config["web"]).toEqual({ KEY: "secret" });
});

test("what is to be drawn is drawn once for all services, or for one, and gives way to any setting", () => {
  const services = [
    { name: "web", rules: { SESSION: { generate: 32, isShared: true }, OWN: { generate: 16 } } },
    { name: "api", rules: { SESSION: { generate: 32, isShared: true }, OWN: { generate: 8 } } },
  ];
  const first = choose(production, {}, services);
  expect(first.config).toEqual({ web: {}, api: {} });
  expect(first.toDraw).toEqual([
    { service: null, key: "SESSION", bytes: 32 },
    { service: "web", key: "OWN", bytes: 16 },
    { service: "api", key: "OWN", bytes: 8 },
  ]);
  const generated = [
    { service: null, key: "SESSION", value: "s", drawnAt: 1 },
    { service: "web", key: "OWN", value: "w", drawnAt: 1 },
  ];
  const entries = [entry("all", "OWN", "set", "api")];
  const second = choose(production, { generated, entries }, services);
  expect(second).toMatchObject({ config: { web: { SESSION: "s", OWN: "w" }, api: { SESSION: "s", OWN: "set" } } });
  expect(second.toDraw).toEqual([]);
});

test("what was rolled back is held until another value is stored", () => {
  const entries = [entry("all", "KEY", "bad"), entry("all", "NEW", "bad")];
  const stored = choose(production, { entries }, [web]).config;
  const held = holdValues({ web: { KEY: "good", OLD: "gone" } }, stored, () => false);
  expect(held).toEqual({
    web: {
      KEY: { instead: "bad", use: "good" },
      OLD: { instead: null, use: "gone" },
      NEW: { instead: "bad", use: null },
    },
  });
  const next = choose(production, { entries, held }, [web]);
  expect(next.config).toEqual({ web: { KEY: "good", OLD: "gone" } });
  expect(next.held).toEqual(held);
  const later = choose(production, { entries: [entry("all", "KEY", "better"), entries[1]!], held }, [web]);
  expect(later.config).toEqual({ web: { KEY: "better", OLD: "gone" } });
  expect(later.held).toEqual({ web: { OLD: held["web"]!["OLD"], NEW: held["web"]!["NEW"] } });
  expect(valueIds(later.config, later.held).toSorted()).toEqual(["better", "gone"]);
});

test("a value that says the same is not held, and neither is one that somebody unsets once more", () => {
  expect(holdValues({ web: { KEY: "a" } }, { web: { KEY: "b" } }, () => true)).toEqual({});
  const held = holdValues({ web: { KEY: "a", B: "a" }, api: { KEY: "a" } }, { web: { B: "b" } }, () => false);
  const keys = new Set(["KEY"]);
  expect(releaseHeld(held, { service: "api", keys })).toEqual({ web: held["web"], api: {} });
  expect(releaseHeld(held, { service: null, keys: new Set(["KEY", "B"]) })).toEqual({
    web: { B: { instead: "b", use: "a" } },
    api: {},
  });
});

test("a variable may be called as what every object has", () => {
  const entries = [entry("all", "constructor", "new"), entry("all", "toString", "new")];
  const stored = choose(production, { entries }, [web]).config;
  const held = holdValues({ web: { toString: "old" } }, stored, () => false);
  expect(held).toEqual({
    web: { constructor: { instead: "new", use: null }, toString: { instead: "new", use: "old" } },
  });
  expect(choose(production, { entries, held }, [web]).config).toEqual({ web: { toString: "old" } });
  expect(choose(production, { held }, [web]).held).toEqual({});
});
