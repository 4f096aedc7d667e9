import type { Endpoint } from "../../packages/api/src/openapi/marks.ts";
import { endpointOf } from "../../packages/api/src/openapi/marks.ts";
import type { Harness } from "./harness.ts";

export interface ApiRoute {
  method: string;
  /** As Hono has it: `/api/v1/apps/:app`. */
  path: string;
  endpoint: Endpoint | undefined;
}

/** Every route of the API once, without middleware, with what describes it. */
export function routesOf(api: Harness["api"]): ApiRoute[] {
  const handlers = api.routes.filter(({ method }) => method !== "ALL");
  const byRoute = Map.groupBy(handlers, ({ method, path }) => `${method} ${path}`);
  return [...byRoute.values()].flatMap((group) => {
    const [first] = group;
    if (first === undefined) return [];
    const described = group.flatMap(({ handler }) => endpointOf(handler) ?? []);
    return [{ method: first.method, path: first.path, endpoint: described[0] }];
  });
}

/** A path of a route with these values in place of its parameters, without `/api/v1`. */
export function fillPath(path: string, value: (name: string) => string): string {
  return path.replace("/api/v1", "").replace(/:([A-Za-z]+)/g, (_, name: string) => value(name));
}
