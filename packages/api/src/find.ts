import {
  type App,
  BerthError,
  didYouMean,
  type Environment,
  type Operation,
  production,
  type Release,
  type Scope,
  type Store,
} from "@berth/core";

/** Of more environments an error does not name all. */
const mostNamed = 10;

/** The app. Throws `app.not-found`. */
export async function findApp(store: Store, name: string): Promise<App> {
  const app = await store.apps.get(name);
  if (app !== null) return app;
  throw new BerthError("app.not-found", `There is no app ${JSON.stringify(name)}.`, {
    path: "app",
    hint: "`berth apps list` shows those there are.",
  });
}

/** The environment. Throws `app.not-found`, `environment.not-found`. */
export async function findEnvironment(store: Store, { app, environment }: Scope): Promise<Environment> {
  const found = await store.environments.get(app, environment);
  if (found !== null) return found;
  await findApp(store, app);
  const all = await store.environments.list(app);
  const names = all.map(({ name }) => name);
  if (environment === production) {
    throw new BerthError("environment.not-found", `${app} is not deployed yet.`, {
      path: "environment",
      hint: `Deploy it: \`git push berth main\`, or \`berth deploy\`.${names.length === 0 ? "" : ` It has ${names.join(", ")}.`}`,
    });
  }
  throw new BerthError("environment.not-found", `The app ${app} has no environment ${JSON.stringify(environment)}.`, {
    path: "environment",
    hint: names.length === 0 ? "It is made by the first push or deploy." : whichOf(all, environment),
  });
}

/** What may have been meant: the environment of a branch of this name, or one that is called nearly so; of many only that. */
function whichOf(environments: readonly Environment[], asked: string): string {
  const ofBranch = environments.find(({ branch }) => branch === asked);
  if (ofBranch !== undefined) return `${asked} is the branch of ${ofBranch.name}.`;
  const names = environments.map(({ name }) => name);
  const near = didYouMean(asked, names);
  const meant = near === null ? "" : `Did you mean ${near}? `;
  const all = names.length > mostNamed ? "`berth environments list` shows them all." : `It has ${names.join(", ")}.`;
  return `${meant}${all}`;
}

/** The release. Throws `release.not-found` and what `findEnvironment` throws. */
export async function findRelease(store: Store, scope: Scope, version: number): Promise<Release> {
  const release = await store.releases.get(scope, version);
  if (release !== null) return release;
  await findEnvironment(store, scope);
  throw new BerthError("release.not-found", `There is no v${version} in ${scope.environment} of ${scope.app}.`, {
    path: "version",
    hint: "`berth releases` shows those that are kept.",
  });
}

/** The operation. Throws `operation.not-found`. */
export async function findOperation(store: Store, id: string): Promise<Operation> {
  const operation = await store.operations.get(id);
  if (operation !== null) return operation;
  throw new BerthError("operation.not-found", `There is no operation ${JSON.stringify(id)}.`, {
    path: "id",
    hint: "Old ones are removed after a while.",
  });
}
