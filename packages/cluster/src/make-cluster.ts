import type { Clock, Log, Random } from "@berth/core";
import type { Call } from "./calls/call.ts";
import type { Caller } from "./calls/caller.ts";
import { isBudgetRefusal, refusalOf } from "./calls/refusal.ts";
import type { Cluster, InformOptions, Informer, ListOptions, WriteOptions } from "./cluster.ts";
import type { Credentials } from "./connection/credentials.ts";
import { makeDiscovery } from "./discovery.ts";
import { startInformer } from "./inform/informer.ts";
import { resourceText } from "./kinds.ts";
import { listPages } from "./lists.ts";
import { refOf, refText } from "./object.ts";
import type { Kind, KubeObject, ObjectRef } from "./object.ts";
import { resourcePath } from "./paths.ts";
import { findMissingRights } from "./rights.ts";
import { execInPod } from "./streams/exec.ts";
import { forwardToPod } from "./streams/port-forward.ts";
import { openPodLogs } from "./streams/pod-logs.ts";

export interface ClusterDeps {
  caller: Caller;
  credentials: Credentials;
  version: string;
  /** Closes the connections. */
  close(): Promise<void>;
  clock: Clock;
  random: Random;
  log: Log;
}

type CallParts = Pick<Call, "verb" | "repeatable"> & Partial<Pick<Call, "body" | "contentType" | "query" | "signal">>;

/** The calls of a cluster, over one caller. */
export function makeCluster(deps: ClusterDeps): Cluster {
  const { caller, credentials, version } = deps;
  const { resourceOf } = makeDiscovery(caller);
  const closing = new AbortController();
  const informers = new Set<Informer<KubeObject>>();

  /** A call about one object; `create` is sent to where all of its kind are. */
  async function objectCall(ref: ObjectRef, parts: CallParts, subresource?: string): Promise<Call> {
    const resource = await resourceOf(ref);
    const { namespace } = ref;
    if (resource.namespaced && namespace === null) throw new TypeError(`${refText(ref)} needs a namespace`);
    const isNew = parts.verb === "create" && subresource === undefined;
    return {
      resource: resourceText(resource, subresource),
      namespace: resource.namespaced ? namespace : null,
      subject: refText(ref),
      path: resourcePath(resource, {
        namespace,
        ...(!isNew && { name: ref.name }),
        ...(subresource !== undefined && { subresource }),
      }),
      ...parts,
      signal: withClosing(parts.signal),
    };
  }

  async function kindCall(
    kind: Kind,
    verb: "list" | "watch",
    { namespace, labels, fields, signal }: ListOptions,
  ): Promise<Call> {
    const resource = await resourceOf(kind);
    const text = resourceText(resource);
    return {
      verb,
      resource: text,
      namespace: namespace ?? null,
      subject: namespace === undefined ? text : `${text} in namespace ${namespace}`,
      path: resourcePath(resource, { namespace: namespace ?? null }),
      query: { labelSelector: labels, fieldSelector: fields },
      repeatable: true,
      signal: withClosing(signal),
    };
  }

  function withClosing(signal?: AbortSignal): AbortSignal {
    return signal === undefined ? closing.signal : AbortSignal.any([signal, closing.signal]);
  }

  const { server, name, namespace } = credentials;
  return {
    name,
    server,
    version,
    namespace,

    async apply<T extends KubeObject>(object: T, options: Parameters<Cluster["apply"]>[1]): Promise<T> {
      const { force, signal } = options;
      const query = { ...writeQuery(options), force };
      const contentType = "application/apply-patch+yaml";
      const parts = { verb: "patch", repeatable: true, body: object, contentType, query, ...has(signal) } as const;
      return caller.send<T>(await objectCall(refOf(object), parts));
    },

    async create<T extends KubeObject>(object: T, options: Parameters<Cluster["create"]>[1]): Promise<T | null> {
      const query = options === undefined ? {} : writeQuery(options);
      const parts = { verb: "create", repeatable: false, body: object, query, ...has(options?.signal) } as const;
      const call = await objectCall(refOf(object), parts);
      try {
        return await caller.send<T>(call);
      } catch (error) {
        if (refusalOf(error)?.reason === "AlreadyExists") return null;
        throw error;
      }
    },

    async get<T extends KubeObject>(ref: ObjectRef, options: Parameters<Cluster["get"]>[1] = {}): Promise<T | null> {
      return orNull(caller.send<T>(await objectCall(ref, { verb: "get", repeatable: true, ...has(options.signal) })));
    },

    async list<T extends KubeObject>(kind: Kind, options: ListOptions = {}) {
      return listPages(caller, await kindCall(kind, "list", options), kind, (object) => asKind<T>(object));
    },

    async patch<T extends KubeObject>(ref: ObjectRef, patch: object, options: WriteOptions): Promise<T | null> {
      const isSteps = Array.isArray(patch);
      const parts = {
        verb: "patch",
        // Steps that add to a list would add twice.
        repeatable: !isSteps,
        body: patch,
        contentType: isSteps ? "application/json-patch+json" : "application/merge-patch+json",
        query: writeQuery(options),
        ...has(options.signal),
      } as const;
      return orNull(caller.send<T>(await objectCall(ref, parts)));
    },

    async scale(ref, replicas, options) {
      const parts = {
        verb: "patch",
        repeatable: true,
        body: { spec: { replicas } },
        contentType: "application/merge-patch+json",
        query: writeQuery(options),
        ...has(options.signal),
      } as const;
      return (await orNull(caller.send(await objectCall(ref, parts, "scale")))) !== null;
    },

    async remove(ref, { uid, resourceVersion, propagation = "Background", graceSeconds, signal } = {}) {
      const body = {
        apiVersion: "v1",
        kind: "DeleteOptions",
        propagationPolicy: propagation,
        preconditions: { uid, resourceVersion },
        gracePeriodSeconds: graceSeconds,
      };
      const call = await objectCall(ref, { verb: "delete", repeatable: true, body, ...has(signal) });
      try {
        return (await orNull(caller.send(call))) !== null;
      } catch (error) {
        const refusal = refusalOf(error);
        // Another object of the same name: the one that was meant is gone.
        if (refusal?.status === 409 && /\bUID in (the )?precondition/.test(refusal.message)) return false;
        throw error;
      }
    },

    async evict(pod) {
      const body = {
        apiVersion: "policy/v1",
        kind: "Eviction",
        metadata: { name: pod.name, namespace: pod.namespace },
      };
      const call = await objectCall(pod, { verb: "create", repeatable: true, body }, "eviction");
      try {
        await orNull(caller.send(call));
        return true;
      } catch (error) {
        const refusal = refusalOf(error);
        if (refusal !== null && isBudgetRefusal(refusal)) return false;
        throw error;
      }
    },

    inform<T extends KubeObject>(kind: Kind, options: InformOptions): Informer<T> {
      const { namespace, keep = (object) => object } = options;
      const keepOne = (object: KubeObject) => {
        const kept = keep(object);
        return kept === null ? null : asKind<T>(kept);
      };
      const informer = startInformer<T>(
        {
          name: namespace === undefined ? kind.kind : `${kind.kind} in namespace ${namespace}`,
          keep: keepOne,
          async list(signal) {
            return listPages(caller, await kindCall(kind, "list", { ...options, signal }), kind, keepOne);
          },
          async watch({ resourceVersion, timeoutSeconds, signal }) {
            const call = await kindCall(kind, "watch", options);
            const query = { ...call.query, watch: true, allowWatchBookmarks: true, resourceVersion, timeoutSeconds };
            return caller.open({ ...call, query, signal: withClosing(signal) });
          },
        },
        deps,
      );
      informers.add(informer);
      return {
        ...informer,
        close() {
          informers.delete(informer);
          informer.close();
        },
      };
    },

    podLogs: (pod, options) => openPodLogs(caller, pod, { ...options, signal: withClosing(options.signal) }),

    exec: (pod, options) => execInPod(credentials, pod, { ...options, signal: withClosing(options.signal) }),

    forward: (pod, { port, signal }) => forwardToPod(credentials, pod, { port, signal: withClosing(signal) }),

    missingRights: (rights) => findMissingRights(caller, rights),

    async read<T>(path: string, options: Parameters<Cluster["read"]>[1] = {}): Promise<T | null> {
      const signal = withClosing(options.signal);
      const call = { resource: path, namespace: null, subject: path, path, repeatable: true, signal };
      return orNull(caller.send<T>({ verb: "get", ...call }));
    },

    async close() {
      for (const informer of informers) informer.close();
      informers.clear();
      closing.abort(new Error("the cluster's client was closed"));
      await deps.close();
    },
  };
}

function writeQuery({ manager, dryRun }: WriteOptions): Record<string, string | undefined> {
  return { fieldManager: manager, dryRun: dryRun === true ? "All" : undefined };
}

function has(signal: AbortSignal | undefined): { signal?: AbortSignal } {
  return signal === undefined ? {} : { signal };
}

/** The answer of a call for one object; null where the object is not there. */
async function orNull<T>(answer: Promise<T>): Promise<T | null> {
  try {
    return await answer;
  } catch (error) {
    if (refusalOf(error)?.status === 404) return null;
    throw error;
  }
}

/** Who asks for a kind says what its objects are like. */
function asKind<T extends KubeObject>(object: KubeObject): T {
  return object as T;
}
