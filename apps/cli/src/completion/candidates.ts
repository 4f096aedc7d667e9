import { production } from "@berth/core/light";
import type { CliDeps } from "../cli.ts";
import { makeTerminal } from "../edge/terminal.ts";
import type { Completes } from "../framework/command.ts";
import { makeContext } from "../make-context.ts";
import type { Candidate } from "./complete.ts";

/** Nobody waits longer for a completion. */
const timeoutMs = 1_000;

/** Names that the server knows. Rejects where it does not answer in time. */
export async function candidatesFor(
  what: Completes,
  options: Readonly<Record<string, string>>,
  deps: CliDeps,
): Promise<Candidate[]> {
  if (what === "files") return [{ word: ":files", about: "" }];
  const terminal = makeTerminal(deps.streams, false, deps.signal);
  const context = makeContext({ ...deps, terminal }, options);
  const timeout = new Promise<never>((_, reject) => {
    setTimeout(reject, timeoutMs, new Error("too late")).unref();
  });
  return await Promise.race([ask(what, context, options["env"] ?? production), timeout]);
}

async function ask(
  what: Exclude<Completes, "files">,
  context: ReturnType<typeof makeContext>,
  environment: string,
): Promise<Candidate[]> {
  const client = await context.client();
  if (what === "apps") {
    const { items } = await (await client.api.apps.$get({ query: { limit: 200 } })).json();
    return items.map(({ name, url }) => ({ word: name, about: url }));
  }
  const app = await context.app();
  const { environments } = client.api.apps[":app"];
  if (what === "environments") {
    const { items } = await (await environments.$get({ param: { app } })).json();
    return items.map(({ name, url }) => ({ word: name, about: url }));
  }
  if (what === "operations") {
    const { items } = await (await client.api.operations.$get({ query: { app, limit: 20 } })).json();
    return items.map(({ id, kind, state }) => ({ word: id, about: `${kind}, ${state}` }));
  }
  const route = environments[":environment"];
  const param = { app, environment };
  if (what === "services") {
    const { services } = await (await route.$get({ param })).json();
    return services.map(({ name, routes }) => ({ word: name, about: routes.join(" ") }));
  }
  const { items } = await (await route.releases.$get({ param, query: { limit: 30 } })).json();
  return items.map(({ version, state, origin }) => ({ word: `v${version}`, about: `${state}: ${origin.message}` }));
}
