import { readdirSync } from "node:fs";
import { expect } from "vitest";
import type { Berth } from "../support/berth.ts";
import { answering, manifest, smallService } from "../support/programs.ts";
import { makeRepository, type Repository } from "../support/repository.ts";
import { readRows } from "./rows.ts";

/** The tables that have something of an environment, beside its own and the history of what was done. */
const tables = [
  "environments",
  "environment_ports",
  "workloads",
  "wakes",
  "usage",
  "releases",
  "release_images",
] as const;

/** A repository whose production is live, and whose branches can be pushed. */
export async function givenApp(
  berth: Berth,
  app: string,
  files: Record<string, string> = { "berth.yaml": smallService },
): Promise<Repository> {
  const repository = await makeRepository(berth, app, {
    "package.json": manifest(app),
    "server.js": answering("main"),
    ...files,
  });
  await repository.deploy();
  return repository;
}

/** Pushes a branch with a text of its own. */
export async function pushBranch(
  repository: Repository,
  branch: string,
  text = branch,
  files: Record<string, string> = {},
): Promise<string> {
  await repository.git("checkout", "--quiet", "-B", branch, "main");
  repository.write({ "server.js": answering(text), ...files });
  await repository.commit(`Say ${text}`);
  return await repository.deploy("berth", `+${branch}`);
}

/** Nothing of an environment is left, where Berth keeps something of environments. */
export async function expectGone(berth: Berth, app: string, environment: string): Promise<void> {
  expect(await leftOf(berth, app, environment)).toEqual(nothingLeft);
  expect((await berth.get(`${app}--${environment}.localhost`)).status).toBe(404);
}

export const nothingLeft = { tables: [], paths: [] };

/** Which tables and files have something of an environment. */
export async function leftOf(berth: Berth, app: string, environment: string) {
  const rows = await readRows(berth.home, tables);
  const left = tables.filter((table) =>
    rows[table]!.some((row) => row["app"] === app && (row["environment"] ?? row["name"]) === environment),
  );
  return { tables: left, paths: pathsOf(berth.home, app, environment) };
}

/** Files that are named for an environment, such as its logs and its refs. */
function pathsOf(home: string, app: string, environment: string): string[] {
  return readdirSync(home, { recursive: true, encoding: "utf8" }).filter(
    (path) => path.split("/").includes(environment) && path.includes(app),
  );
}
