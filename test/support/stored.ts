import { cpSync, existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { quietLog, type Release, systemClock, systemRandom } from "../../packages/core/src/index.ts";
import { loadGeneration } from "../../packages/deployer/src/generation.ts";
import { keyFile, openConfigVault, openSqliteStore } from "../../packages/store/src/index.ts";

export interface StoredWorkload {
  id: string;
  service: string;
  min: number;
  /** It has no instances where nobody asks for it, or for what it goes along with. */
  maySleep: boolean;
}

/** An environment as a server's store has it. */
export interface StoredEnvironment {
  app: string;
  environment: string;
  live: number | null;
  desired: number | null;
  releases: { version: number; state: Release["state"]; workloads: StoredWorkload[] }[];
}

/** Reads what a server keeps, from a copy: it has its database for itself. For a runtime where neighbours have names. */
export async function readStored(home: string): Promise<{ installation: string; environments: StoredEnvironment[] }> {
  const copy = mkdtempSync(join(tmpdir(), "berth-database-"));
  try {
    for (const name of ["berth.db", "berth.db-wal", "config-keys"])
      if (existsSync(join(home, name))) cpSync(join(home, name), join(copy, name));
    const common = { clock: systemClock, random: systemRandom, log: quietLog };
    const store = await openSqliteStore({ file: join(copy, "berth.db"), ...common });
    const vault = await openConfigVault({ source: keyFile(join(copy, "config-keys")), store, ...common });
    try {
      const deps = {
        store,
        vault,
        drawPort: () => 0,
        neighbourUrl: (_: number, service: string) => `http://${service}`,
        installationKey: Buffer.from((await store.installation.get("workload-key")) ?? "", "hex"),
      };
      const loadRelease = async (release: Release) => {
        const { services } = await loadGeneration(deps, release, release.cluster);
        const { version, state } = release;
        const workloads = services.map(({ workload, scale }) => ({
          id: workload.id,
          service: workload.service,
          min: scale.min,
          maySleep: scale.min === 0 || scale.whileAwake === true,
        }));
        return { version, state, workloads };
      };
      const apps = await store.apps.list({ limit: 100 });
      const all = (await Promise.all(apps.map((app) => store.environments.list(app.name)))).flat();
      const environments = all.map(async ({ app, name, live, desired }) => {
        const releases = await store.releases.list({ app, environment: name }, { limit: 100 });
        return { app, environment: name, live, desired, releases: await Promise.all(releases.map(loadRelease)) };
      });
      return {
        installation: (await store.installation.get("installation")) ?? "",
        environments: await Promise.all(environments),
      };
    } finally {
      await vault.close();
      await store.close();
    }
  } finally {
    rmSync(copy, { recursive: true });
  }
}
