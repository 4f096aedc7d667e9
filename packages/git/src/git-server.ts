import type { IncomingMessage, ServerResponse } from "node:http";
import { join } from "node:path";
import {
  type Actor,
  type AppStore,
  BerthError,
  checkAppName,
  type Clock,
  type CodeChange,
  type Deployments,
  type EnvironmentStore,
  type Log,
  type OperationStore,
  type Random,
  type RefMover,
  requireRole,
  type Scope,
  type SourceTree,
  toBerthError,
} from "@berth/core";
import { makeGit } from "./git-process.ts";
import { installHook } from "./hook/install.ts";
import { serveHook } from "./hook/channel.ts";
import { makeAdvertisements } from "./http/advertisements.ts";
import { answerError, answerJson, answerProblem } from "./http/answer.ts";
import { advertise, callService } from "./http/call.ts";
import { basicPassword, type GitRequest, parseGitRequest } from "./http/request.ts";
import { takePack } from "./http/take-pack.ts";
import { startMaintenance } from "./maintenance.ts";
import { parseCommit } from "./objects/commit.ts";
import { compareCommits } from "./objects/compare-commits.ts";
import { makeObjectReader, type ObjectReader } from "./objects/reader.ts";
import { makeSourceTree } from "./objects/source-tree.ts";
import { makePlaces } from "./push/places.ts";
import { readAhead } from "./push/read-ahead.ts";
import { makeReceive, type ReceiveDeps } from "./push/receiver.ts";
import { deployOwn } from "./push/working-tree.ts";
import { makeRefs } from "./refs.ts";
import { makeRepositories } from "./repositories.ts";

const defaultMaxPushBytes = 2 * 1024 ** 3;
/** What a fetch may send: the names of commits, so it is never much. */
const maxFetchRequestBytes = 64 * 1024 * 1024;
/** Beside its pack a push has the names of its refs. */
const commandBytes = 1024 * 1024;

export interface GitServerDeps {
  /** BERTH_HOME: all of this lives in its folder `git`. */
  home: string;
  /** The Node that the hook runs on, 24 or newer. */
  node: string;
  /** The folders in which git is looked for, as in PATH. */
  searchPath: string;
  /** Who has this token, or null. */
  authenticate(token: string): Promise<Actor | null>;
  apps: Pick<AppStore, "get" | "create" | "setDefaultBranch">;
  environments: Pick<EnvironmentStore, "get" | "findByBranch" | "list">;
  operations: Pick<OperationStore, "events" | "follow">;
  /** Asked for with each push: the deployer needs `refs` of this server first. */
  deployments(): Pick<Deployments, "deploy" | "removeEnvironment">;
  /** Where an environment is served. */
  url(scope: Scope): string;
  /** Called when a push begins: its deploy comes as soon as the author's git has packed and sent what is new. */
  pushBegins(): void;
  clock: Clock;
  random: Random;
  log: Log;
  /** The most that one push may bring; 2 GiB unless told. */
  maxPushBytes?: number;
}

/** Git over HTTP: one bare repository per app, where a push of a branch is a deploy. */
export interface GitServer {
  /** Answers a request for `/<app>.git/…`. Never rejects. */
  handle(request: IncomingMessage, response: ServerResponse): Promise<void>;
  /** The tree of a commit, or a tree, of an app's repository. */
  openTree(app: string, commitOrTree: string): Promise<SourceTree>;
  /** How two commits of an app's repository are to each other. */
  compareCommits(app: string, from: string, to: string): Promise<CodeChange>;
  /** For the deployer, which moves branches with what is live. */
  refs: RefMover;
  /** Ends what runs in the background. Deploys that were begun are not its to end. */
  close(): Promise<void>;
}

export async function startGitServer(deps: GitServerDeps): Promise<GitServer> {
  const { clock, log, random } = deps;
  const folder = join(deps.home, "git");
  const maxPushBytes = deps.maxPushBytes ?? defaultMaxPushBytes;
  const git = makeGit({ ...(await installHook(folder, deps.node)), searchPath: deps.searchPath, maxPushBytes });
  const repositories = makeRepositories({ folder, git, random });
  await repositories.sweep();
  const refs = makeRefs(git, repositories);
  const readers = new Map<string, ObjectReader>();
  const advertisements = makeAdvertisements({ git, clock, log });
  const maintenance = startMaintenance({ git, path: repositories.path, clock, log });
  const pushDeps: ReceiveDeps = {
    ...deps,
    deployments: {
      deploy: (request, actor) => deps.deployments().deploy(request, actor),
      removeEnvironment: (scope, actor) => deps.deployments().removeEnvironment(scope, actor),
    },
    repositories,
    refs,
    places: makePlaces(deps),
    reader: readerOf,
  };
  const receive = makeReceive(pushDeps);

  function readerOf(app: string): ObjectReader {
    const known = readers.get(app);
    if (known !== undefined) return known;
    const reader = makeObjectReader({ git, repository: repositories.path(app), clock });
    readers.set(app, reader);
    return reader;
  }

  async function removeRepository(app: string): Promise<void> {
    const reader = readers.get(app);
    readers.delete(app);
    await reader?.close();
    await repositories.remove(app);
  }

  async function authenticate(request: IncomingMessage): Promise<Actor> {
    const token = basicPassword(request.headers.authorization);
    const actor = token === null ? null : await deps.authenticate(token);
    if (actor !== null) return actor;
    throw new BerthError("auth.required", token === null ? "You are not logged in." : "This token is not valid.", {
      hint: "Run `berth login` and `berth link`, or give a token as the password.",
    });
  }

  /** The repository to answer from. A push to an app that is not there sees an empty one, and makes it when it sends something. */
  async function repositoryFor({ kind, app, ...rest }: GitRequest, actor: Actor): Promise<string> {
    const isPush = kind === "working-tree" || ("service" in rest && rest.service === "git-receive-pack");
    requireRole(actor, isPush ? "deployer" : "viewer", `${isPush ? "push to" : "read"} ${app}`);
    checkAppName(app);
    const isKnown = (await deps.apps.get(app)) !== null;
    if (!isKnown && !isPush) {
      throw new BerthError("app.not-found", `There is no app named ${app}.`, {
        path: app,
        hint: "Push to make it: git push berth main.",
      });
    }
    if (!isKnown && kind === "advertise") return repositories.emptyPath();
    if (!isKnown) await createApp(app, actor);
    await repositories.create(app);
    return repositories.path(app);
  }

  async function createApp(app: string, actor: Actor): Promise<void> {
    try {
      await deps.apps.create({ name: app, defaultBranch: null }, actor);
    } catch (error) {
      // Another first push was quicker.
      if (toBerthError(error).code !== "app.exists") throw error;
    }
  }

  async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const asked = parseGitRequest(request.method ?? "", request.url ?? "");
    const actor = await authenticate(request);
    if (asked === null || asked.kind === "unknown") {
      throw new BerthError("not-found", "This is the address of a git repository.", {
        hint: "Give it to git: git clone, git fetch or git push.",
      });
    }
    if (asked.kind === "working-tree") {
      deps.pushBegins();
      await takePack(git, request, { repository: await repositoryFor(asked, actor), maxBytes: maxPushBytes });
      maintenance.pushed(asked.app);
      return answerJson(response, 202, await deployOwn(pushDeps, { app: asked.app, actor }, asked.tree));
    }
    const { app, kind, service } = asked;
    const call = { service, repository: await repositoryFor(asked, actor), request, response };
    if (kind === "advertise") {
      const isPush = service === "git-receive-pack";
      const ready = isPush ? await advertisements.find(call.repository) : null;
      const answered = advertise({ git, log }, call, ready);
      if (isPush) {
        deps.pushBegins();
        readAhead({ apps: deps.apps, refs, reader: readerOf }, app).catch((error: unknown) =>
          log.debug({ err: error, app }, "nothing could be read ahead of a push"),
        );
        if (ready === null) advertisements.refresh(call.repository);
      }
      return answered;
    }
    if (service === "git-upload-pack") return callService({ git, log }, call, { maxBytes: maxFetchRequestBytes });
    await callService({ git, log }, call, {
      maxBytes: maxPushBytes + commandBytes,
      onSocket: (socket) => serveHook(socket, (commands, tell) => receive(app, actor, commands, tell)),
    });
    advertisements.refresh(call.repository);
    maintenance.pushed(app);
  }

  return {
    async handle(request, response) {
      try {
        await answer(request, response);
      } catch (error) {
        const told = toBerthError(error);
        if (told.status >= 500 && !response.destroyed)
          log.error({ err: error, url: request.url }, "git request failed");
        const isOurs = parseGitRequest(request.method ?? "", request.url ?? "")?.kind === "working-tree";
        (isOurs ? answerProblem : answerError)(response, told);
      }
    },
    async openTree(app, commitOrTree) {
      const reader = readerOf(app);
      const found = await reader.info(commitOrTree);
      if (found?.type !== "commit") return makeSourceTree(reader, commitOrTree);
      return makeSourceTree(reader, parseCommit((await reader.read(commitOrTree, "commit")).content).tree);
    },
    compareCommits: (app, from, to) => compareCommits(git, repositories.path(app), from, to),
    refs: { move: refs.move, forget: refs.forget, remove: removeRepository },
    async close() {
      advertisements.stop();
      await maintenance.stop();
      await Promise.all([...readers.values()].map((reader) => reader.close()));
    },
  };
}
