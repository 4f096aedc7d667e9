import {
  type App,
  type AppStore,
  BerthError,
  type Environment,
  type NewOperationEvent,
  type Operation,
  type OperationEvent,
  type OperationStore,
} from "@berth/core";
import type { GitServerDeps } from "../git-server.ts";

/** What git needs of the store, kept in memory. */
export interface MemoryStore {
  apps: GitServerDeps["apps"];
  environments: GitServerDeps["environments"];
  operations: Pick<OperationStore, "events" | "follow">;
  environmentsOf: Map<string, Environment>;
  append(id: string, event: NewOperationEvent): void;
  ended(id: string): void;
}

export function makeMemoryStore(): MemoryStore {
  const apps = new Map<string, App>();
  const environmentsOf = new Map<string, Environment>();
  const events = new Map<string, OperationEvent[]>();
  const followers = new Map<string, Set<(event: OperationEvent | "ended") => void>>();
  const list = (app: string) => [...environmentsOf.values()].filter((environment) => environment.app === app);
  return {
    environmentsOf,
    apps: {
      get: async (name) => apps.get(name) ?? null,
      create: async ({ name, defaultBranch }: Parameters<AppStore["create"]>[0], { person }) => {
        if (apps.has(name)) throw new BerthError("app.exists", `${name} is there.`);
        const app = { name, defaultBranch, createdAt: 0, createdBy: person };
        apps.set(name, app);
        return app;
      },
      setDefaultBranch: async (name, defaultBranch) => {
        apps.set(name, { ...apps.get(name)!, defaultBranch });
      },
    },
    environments: {
      get: async (app, name) => environmentsOf.get(`${app} ${name}`) ?? null,
      findByBranch: async (app, branch) => list(app).find((environment) => environment.branch === branch) ?? null,
      list: async (app) => list(app),
    },
    operations: {
      events: async (id, afterSeq) => (events.get(id) ?? []).filter(({ seq }) => seq > afterSeq),
      follow(id, listener) {
        const listeners = followers.get(id) ?? new Set();
        followers.set(id, listeners.add(listener));
        return () => listeners.delete(listener);
      },
    },
    append(id, event) {
      const known = events.get(id) ?? [];
      const numbered = { ...event, seq: known.length + 1 };
      events.set(id, [...known, numbered]);
      for (const listener of followers.get(id) ?? []) listener(numbered);
    },
    ended(id) {
      for (const listener of followers.get(id) ?? []) listener("ended");
    },
  };
}

export function newOperation(id: string, part: Pick<Operation, "app" | "environment" | "kind" | "actor">): Operation {
  return {
    id,
    ...part,
    state: "running",
    startedAt: Date.now(),
    finishedAt: null,
    version: null,
    error: null,
    url: null,
  };
}
