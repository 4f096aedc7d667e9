import { BerthError, type EnvironmentStore } from "@berth/core";
import { and, eq, sql } from "./drizzle.ts";
import { environmentNotFound } from "./not-found.ts";
import { prepareEnvironmentExists } from "./environment-exists.ts";
import type { Parts } from "./parts.ts";
import { environmentPorts } from "./schema.ts";

/** The loopback ports that neighbours reach an environment's services at. */
export function makePorts({ db, transactions }: Parts): Pick<EnvironmentStore, "ports" | "allPorts"> {
  const ofEnvironment = db
    .select({ service: environmentPorts.service, port: environmentPorts.port })
    .from(environmentPorts)
    .where(
      and(
        eq(environmentPorts.app, sql.placeholder("app")),
        eq(environmentPorts.environment, sql.placeholder("environment")),
      ),
    )
    .prepare();
  const all = db
    .select()
    .from(environmentPorts)
    .orderBy(environmentPorts.app, environmentPorts.environment, environmentPorts.service)
    .prepare();
  const exists = prepareEnvironmentExists({ db });
  const insert = db
    .insert(environmentPorts)
    .values({
      app: sql.placeholder("app"),
      environment: sql.placeholder("environment"),
      service: sql.placeholder("service"),
      port: sql.placeholder("port"),
    })
    .prepare();

  return {
    async ports(scope, services, draw) {
      const known = (): Map<string, number> =>
        new Map(ofEnvironment.all({ ...scope }).map(({ service, port }) => [service, port]));
      const before = await transactions.read(known);
      if (services.every((service) => before.has(service))) return pick(before, services);
      // The release that uses them is written after them, and makes them last with it.
      return transactions.write(() => {
        if (!exists(scope)) throw environmentNotFound(scope);
        const drawn = known();
        const taken = new Set(all.all().map(({ port }) => port));
        for (const service of services) {
          if (drawn.has(service)) continue;
          const port = draw(taken);
          if (taken.has(port)) throw portTaken(port);
          taken.add(port);
          drawn.set(service, port);
          insert.run({ ...scope, service, port });
        }
        return pick(drawn, services);
      });
    },

    allPorts: () => transactions.read(() => all.all()),
  };
}

function pick(ports: ReadonlyMap<string, number>, services: readonly string[]): Record<string, number> {
  return Object.fromEntries([...ports].filter(([service]) => services.includes(service)));
}

function portTaken(port: number): BerthError {
  return new BerthError("internal", `The port ${port} was drawn though it is taken.`, { path: String(port) });
}
