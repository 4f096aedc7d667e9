import { quietLog, type Release, type RuntimeNote } from "@berth/core";
import { expect, it } from "vitest";
import type { DeployerDeps } from "./deps.ts";
import type { StoredDesire } from "./desired.ts";
import { makeNotes } from "./notes.ts";
import { makeGeneration, makeInstance, makeService, observe, scope } from "./testing/values.ts";

const base = { version: 2, carries: 1, cluster: null, createdBy: "ada" };

it.each([
  [{ kind: "deploy" }, "v2 (a deploy by ada) is being rolled out"],
  [{ kind: "rollback" }, "v2 (a rollback to v1 by ada) is being rolled out"],
  [{ kind: "scale" }, "v2 (another scale by ada) is being rolled out"],
  [{ kind: "adopt" }, "v2 (an adoption by ada) is being rolled out"],
  [{ kind: "move", cluster: "eu" }, "v2 (a move to eu by ada) is being rolled out"],
  [{ kind: "move" }, "v2 (a move to default by ada) is being rolled out"],
] as const)("tells of a release as what it is: %j", async (kind, text) => {
  const told: RuntimeNote[] = [];
  const release = { ...base, ...kind } as Release;
  const deps = {
    runtime: { note: (_: unknown, note: RuntimeNote) => void told.push(note) },
    store: { releases: { get: async () => release } },
    log: quietLog,
  } as unknown as DeployerDeps;
  const stored = { live: null, rollout: makeGeneration(2, makeService("web", "a")) } as unknown as StoredDesire;
  makeNotes(deps, scope).saw(stored, observe({ a: [makeInstance("a-1")] }), []);
  await expect.poll(() => told).toMatchObject([{ workload: "a", reason: "RolloutStarted", text }]);
});
