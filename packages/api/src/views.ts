import { type App, defaultCluster, type Environment, expiresAt, type Release } from "@berth/core";
import type { Urls } from "./urls.ts";

/** An app as the API shows it. */
export function viewApp(app: App, urls: Urls) {
  return { ...app, url: urls.ofEnvironment({ app: app.name, environment: "production" }) };
}

/** An environment as the API shows it, without what only Berth's own loops need. */
export function viewEnvironment(environment: Environment, urls: Urls, runtime: { name: string }) {
  const { app, name, kind, branch, desired, live, createdAt, createdBy, usedAt, isProtected } = environment;
  const url = urls.ofEnvironment({ app, environment: name });
  const cluster = environment.cluster ?? (runtime.name === "kubernetes" ? defaultCluster : null);
  const lease = { usedAt, expiresAt: expiresAt(environment), isProtected };
  return { app, name, kind, branch, cluster, desired, live, createdAt, createdBy, url, ...lease };
}

/** A release as lists show it. */
export function viewReleaseSummary({ snapshot, ...summary }: Release, urls: Urls) {
  return {
    ...summary,
    services: snapshot.services.map(({ spec }) => spec.name),
    ...(snapshot.scales !== undefined && { scales: snapshot.scales }),
    ...(snapshot.adopted !== undefined && { adopted: snapshot.adopted }),
    ...(snapshot.decided !== undefined && { decided: snapshot.decided }),
    url: urls.ofRelease(summary, summary.version),
  };
}

/** A release with its content. */
export function viewRelease(release: Release, urls: Urls) {
  return { ...viewReleaseSummary(release, urls), snapshot: release.snapshot };
}
