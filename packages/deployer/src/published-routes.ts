import type { Scope } from "@berth/core";
import type { EnvironmentRoutes } from "./routes.ts";
import type { Table } from "./table.ts";

/** The routes of one environment, and whether requests take those that were published last, on every router. */
export interface PublishedRoutes {
  publish(routes: EnvironmentRoutes | null): void;
  /** Every router has what was published last. Until then, what drains may still get requests that nobody has counted. */
  isRouted(): boolean;
  /** Resolves when every router has it, with the names of those that were given up. */
  routed(): Promise<readonly string[]>;
}

export function makePublishedRoutes(table: Table, { app, environment }: Scope): PublishedRoutes {
  const scope: Scope = { app, environment };
  let last: Promise<readonly string[]> = Promise.resolve([]);
  let isRouted = true;

  async function follow(published: typeof last) {
    last = published;
    isRouted = false;
    await published;
    if (last === published) isRouted = true;
  }

  return {
    publish(routes) {
      table.set(scope, routes);
      const published = table.routed(scope);
      if (published !== last) void follow(published);
    },
    isRouted: () => isRouted,
    routed: () => last,
  };
}
