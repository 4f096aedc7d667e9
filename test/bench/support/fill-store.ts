import {
  type Actor,
  type Clock,
  quietLog,
  type ServiceSpec,
  systemActor,
  systemClock,
  systemRandom,
} from "../../../packages/core/src/index.ts";
import { openSqliteStore } from "../../../packages/store/src/index.ts";

const actor: Actor = systemActor;

/** Writes apps that are live and asleep, each with a history, as an installation has them after years. */
export async function fillStore(
  file: string,
  apps: number,
  releasesOfEach: number,
  clock: Clock = systemClock,
): Promise<void> {
  const store = await openSqliteStore({ file, clock, random: systemRandom, log: quietLog });

  async function fillApp(index: number): Promise<void> {
    const app = `app-${index}`;
    const scope = { app, environment: "production" };
    await store.apps.create({ name: app, defaultBranch: "main" }, actor);
    let { revision } = await store.environments.ensure(
      { app, name: "production", kind: "production", branch: "main" },
      actor,
    );
    for (let version = 1; version <= releasesOfEach; version++) {
      const operation = await store.operations.start({ ...scope, kind: "deploy" }, actor);
      const image = `sha256:${(index * releasesOfEach + version).toString(16).padStart(64, "0")}` as const;
      const release = {
        ...scope,
        kind: "deploy" as const,
        carries: null,
        snapshot: { services: [{ spec, image }] },
        origin: { commit: "0".repeat(40), tree: "0".repeat(40), branch: "main", message: "Change", author: "Ada" },
        operation: operation.id,
      };
      const created = await store.releases.create(release, revision, actor);
      const promoted = await store.releases.promote(
        { ...scope, version, ref: null },
        created.environment.revision,
        actor,
      );
      ({ revision } = promoted.environment);
      await store.operations.finish(operation.id, { ok: true, url: null });
    }
  }

  // All at once: transactions that wait at the same time share a sync of the disk.
  await Promise.all(Array.from({ length: apps }, (_, index) => fillApp(index)));
  await store.close();
}

const spec: ServiceSpec = {
  name: "web",
  source: ".",
  command: { argv: ["node", "server.js"] },
  routes: ["/"],
  listens: true,
  health: { path: "/", timeoutMs: 30_000 },
  scale: { min: 0, max: 1, idleMs: 300_000 },
  resources: { cpuMillis: 250, memoryBytes: 512 * 2 ** 20 },
  env: {},
  stopGraceMs: 10_000,
};
