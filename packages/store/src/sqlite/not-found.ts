import { BerthError, type Scope } from "@berth/core";

export function appNotFound(name: string): BerthError {
  return new BerthError("app.not-found", `There is no app named ${name}.`, {
    path: name,
    hint: "`berth apps list` shows the apps there are.",
  });
}

export function clusterNotFound(name: string): BerthError {
  return new BerthError("cluster.not-found", `There is no cluster named ${name}.`, {
    path: name,
    hint: "`berth clusters list` shows those there are.",
  });
}

export function environmentNotFound({ app, environment }: Scope): BerthError {
  return new BerthError("environment.not-found", `The app ${app} has no environment named ${environment}.`, {
    path: `${app}/${environment}`,
    hint: `A push to ${app} makes it.`,
  });
}

export function releaseNotFound({ app, environment }: Scope, version: number): BerthError {
  return new BerthError("release.not-found", `There is no release v${version} of ${app} in ${environment}.`, {
    path: `${app}/${environment}/v${version}`,
    hint: "`berth releases` shows those that are kept.",
  });
}

export function operationNotFound(id: string): BerthError {
  return new BerthError("operation.not-found", `There is no operation ${id}.`, {
    path: id,
    hint: "It may have been deleted with its app.",
  });
}

export function tokenNotFound(id: string): BerthError {
  return new BerthError("not-found", `There is no token ${id}.`, {
    path: id,
    hint: "It may have been deleted already.",
  });
}
