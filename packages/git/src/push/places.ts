import {
  type Actor,
  type AppStore,
  BerthError,
  type BranchPlaces,
  checkEnvironmentName,
  type Environment,
  environmentNameOf,
  type EnvironmentStore,
  makeSerial,
  placeOfBranch,
  production,
} from "@berth/core";
import { branchesCollide } from "./ref-name.ts";

const mainBranches = new Set(["main", "master"]);

/** Decides which environment a branch deploys to. */
export interface Places {
  /**
   * The branch's environment, held until `release` is called: until then no other branch gets the same name,
   * and none that could not be a ref beside it. The first push of main or master makes that the app's default branch.
   * What berth.yaml says of the branch comes before all else.
   */
  hold(app: string, branch: string, actor: Actor, declared?: BranchPlaces): Promise<HeldPlace>;
  /** The environment that is a person's own, held likewise: the one that they have, or a name for a new one. */
  holdOwn(app: string, person: string, declared: BranchPlaces): Promise<HeldPlace>;
}

export interface HeldPlace {
  environment: string;
  release(): void;
}

export interface PlacesDeps {
  apps: Pick<AppStore, "get" | "setDefaultBranch">;
  environments: Pick<EnvironmentStore, "get" | "findByBranch" | "list">;
}

interface Hold {
  /** Or the owner, as `ownerOf` has it. */
  branch: string;
  environment: string;
}

export function makePlaces({ apps, environments }: PlacesDeps): Places {
  const serial = makeSerial();
  const holds = new Map<string, Set<Hold>>();

  async function defaultBranchOf(app: string, branch: string, actor: Actor): Promise<string | null> {
    const known = await apps.get(app);
    if (known === null) throw new BerthError("app.not-found", `There is no app ${app} any more.`, { path: app });
    if (known.defaultBranch !== null || !mainBranches.has(branch)) return known.defaultBranch;
    await apps.setDefaultBranch(app, branch, actor);
    return branch;
  }

  async function environmentOf(
    app: string,
    branch: string,
    held: ReadonlySet<Hold>,
    actor: Actor,
    declared: BranchPlaces,
  ): Promise<string> {
    const defaultBranch = await defaultBranchOf(app, branch, actor);
    const named = placeOfBranch(declared, branch);
    if (named !== null) {
      checkEnvironmentName(app, named);
      return named;
    }
    const isDefault = defaultBranch === branch && !Object.hasOwn(declared, production);
    const bound = isDefault ? await environments.get(app, production) : await environments.findByBranch(app, branch);
    if (bound !== null) return checkFollows(bound, branch, isDefault);
    if (isDefault) return production;
    // What a person works on is theirs, whatever branch has their name.
    const known = new Map(
      (await environments.list(app)).map(({ name, branch, kind }) => [name, kind === "dev" ? "" : branch]),
    );
    for (const hold of held) known.set(hold.environment, hold.branch);
    // One without a branch (made by `berth deploy`) takes the first that comes.
    const isTaken = (name: string) => Object.hasOwn(declared, name) || (known.get(name) ?? branch) !== branch;
    return environmentNameOf(app, branch, isTaken);
  }

  async function ownEnvironmentOf(
    app: string,
    person: string,
    held: ReadonlySet<Hold>,
    declared: BranchPlaces,
  ): Promise<string> {
    const isDeclared = (name: string) => Object.hasOwn(declared, name);
    const known = await environments.list(app);
    const own = known.find(({ name, kind, createdBy }) => kind === "dev" && createdBy === person && !isDeclared(name));
    if (own !== undefined) return own.name;
    const owner = ownerOf(person);
    const names = new Set(known.map(({ name }) => name));
    for (const { branch, environment } of held) if (branch !== owner) names.add(environment);
    return environmentNameOf(app, owner, (name) => isDeclared(name) || names.has(name));
  }

  /** Finds an environment while no other is looked for, and holds it. */
  function holdOne(
    app: string,
    branch: string,
    find: (held: ReadonlySet<Hold>) => Promise<string>,
  ): Promise<HeldPlace> {
    return serial(app, async () => {
      const held = holds.get(app) ?? new Set();
      const hold = { branch, environment: await find(held) };
      holds.set(app, held.add(hold));
      return {
        environment: hold.environment,
        release() {
          held.delete(hold);
          if (held.size === 0 && holds.get(app) === held) holds.delete(app);
        },
      };
    });
  }

  return {
    hold: (app, branch, actor, declared = {}) =>
      holdOne(app, branch, async (held) => {
        for (const other of held) if (branchesCollide(other.branch, branch)) throw refsCollide(branch, other.branch);
        return await environmentOf(app, branch, held, actor, declared);
      }),
    holdOwn: (app, person, declared) =>
      holdOne(app, ownerOf(person), (held) => ownEnvironmentOf(app, person, held, declared)),
  };
}

/** A person where branches are told apart: no branch can be called so, which keeps its short hash from being that of one. */
function ownerOf(person: string): string {
  return `~${person}`;
}

/** The environment's name, unless what is live there says another branch's ref: then this push must not change it. */
function checkFollows({ app, name, branch: followed }: Environment, branch: string, isDefault: boolean): string {
  const isFree = followed === null || followed === branch;
  if (isFree && (name === production) === isDefault) return name;
  throw new BerthError("conflict", `${app} ${name} follows the branch ${followed}, and ${branch} was pushed.`, {
    path: branch,
    hint: `Push ${followed}, or remove the environment ${name} first.`,
  });
}

/** `a` and `a/b` cannot both be branches: one would have to be a file and a folder. */
export function refsCollide(branch: string, other: string): BerthError {
  return new BerthError("conflict", `The branch ${branch} cannot be beside the branch ${other}.`, {
    path: branch,
    hint: `Delete ${other} on the remote, or push under another name.`,
  });
}
