import {
  BerthError,
  type Deployments,
  type DeployRequest,
  type EnvironmentStore,
  type OperationStore,
  production,
  type Scope,
  type StartedOperation,
} from "@berth/core";
import { hasAncestor } from "../objects/ancestry.ts";
import { commitOrigin, parseCommit } from "../objects/commit.ts";
import { checkDeployable } from "../objects/inspect.ts";
import type { ObjectReader } from "../objects/reader.ts";
import { makeSourceTree } from "../objects/source-tree.ts";
import { makeProgress } from "../progress/progress.ts";
import { relayOperation } from "../progress/relay.ts";
import type { Refs } from "../refs.ts";
import type { Repositories } from "../repositories.ts";
import { readBranchPlaces } from "./declared-places.ts";
import { type Places, type PlacesDeps, refsCollide } from "./places.ts";
import type { Push } from "./receiver.ts";
import { branchesCollide } from "./ref-name.ts";

export interface PushDeps {
  deployments: Pick<Deployments, "deploy" | "removeEnvironment">;
  operations: Pick<OperationStore, "events" | "follow">;
  apps: PlacesDeps["apps"];
  environments: Pick<EnvironmentStore, "get" | "findByBranch" | "list">;
  repositories: Repositories;
  refs: Refs;
  places: Places;
  /** Reads the objects of an app's repository. */
  reader(app: string): ObjectReader;
  /** Where an environment is served. */
  url(scope: Scope): string;
}

/** Git's own words for a push whose author has not seen what the ref is at. */
export const fetchFirst = "fetch first";

/** Deploys a pushed branch. Null when it is live and the ref says so, or why not. */
export async function deployBranch(deps: PushDeps, push: Push, branch: string, commit: string): Promise<string | null> {
  const { app, actor, command } = push;
  const reader = deps.reader(app);
  if ((await reader.info(commit))?.type !== "commit") return "a branch must be at a commit";
  const facts = parseCommit((await reader.read(commit, "commit")).content);
  const source = makeSourceTree(reader, facts.tree);
  const declared = await readBranchPlaces(source).catch(() => ({}));
  const place = await deps.places.hold(app, branch, actor, declared);
  try {
    if (place.environment === production) await deps.repositories.setHead(app, branch);
    const rejected: { reason?: string } = {};
    const request: DeployRequest = {
      app,
      environment: place.environment,
      origin: commitOrigin(commit, branch, facts),
      source,
      ref: { branch, commit },
      async check() {
        if ((await deps.refs.read(app, branch)) !== command.oldOid) {
          rejected.reason = fetchFirst;
          throw isStale(branch);
        }
        if (command.oldOid === null) await checkCollisions(deps.refs, app, branch);
        await checkDeployable(source);
      },
      includes: async (older) => older.ref !== null && (await hasAncestor(reader, commit, older.ref.commit)),
    };
    const opening = `${branch} ${commit.slice(0, 7)} ${facts.message}`;
    const reason = await follow(deps, push, request, await deps.deployments.deploy(request, actor), opening);
    return reason === null ? null : (rejected.reason ?? reason);
  } finally {
    place.release();
  }
}

/** Shows an operation to the pusher while it goes on. Null when it succeeded, or why not. */
export async function follow(
  deps: PushDeps,
  { tell }: Push,
  { app, environment }: Scope,
  started: StartedOperation,
  opening: string,
): Promise<string | null> {
  const progress = makeProgress({ app, environment });
  const show = (lines: readonly string[]) => lines.forEach(tell);
  show(progress.opening(opening));
  const ended = await relayOperation(deps.operations, started, (event) => show(progress.event(event)));
  const live = (await deps.environments.get(app, environment))?.live ?? null;
  show(progress.end(ended, { live, url: deps.url({ app, environment }) }));
  return ended.state === "succeeded" ? null : (ended.error?.message ?? "it did not succeed");
}

async function checkCollisions(refs: Refs, app: string, branch: string): Promise<void> {
  const other = (await refs.branches(app)).find((existing) => branchesCollide(existing, branch));
  if (other !== undefined) throw refsCollide(branch, other);
}

/** The ref is not any more what the pusher saw: someone else was quicker. */
function isStale(branch: string): BerthError {
  return new BerthError("conflict", `${branch} has moved since you last fetched it.`, {
    path: branch,
    hint: "Bring in what others pushed (git pull --rebase), then push again.",
  });
}
