import type { BerthError } from "@berth/core";
import type { Kind, KubeObject, ObjectRef } from "./object.ts";

/** A Kubernetes cluster that has answered. Every call may be repeated; what is not there is null and no error. */
export interface Cluster {
  /** The context of the kubeconfig, or `in-cluster`. */
  name: string;
  /** Address of the API server. */
  server: string;
  /** Such as `1.35.4`. */
  version: string;
  /** The namespace that the context or the pod names; `default` where there is none. */
  namespace: string;
  /** Server-side apply: what the object says is so afterwards, and what this manager said before and says no more is gone. Throws `cluster.conflict` naming the other managers, unless forced. */
  apply<T extends KubeObject>(object: T, options: ApplyOptions): Promise<T>;
  /** Makes an object that must not be there yet; null where it is. */
  create<T extends KubeObject>(object: T, options?: WriteOptions): Promise<T | null>;
  get<T extends KubeObject>(ref: ObjectRef, options?: CallOptions): Promise<T | null>;
  /** All objects of a kind, page by page. */
  list<T extends KubeObject>(
    kind: Kind,
    options?: ListOptions,
  ): Promise<{ items: readonly T[]; resourceVersion: string }>;
  /** A JSON merge patch, or a JSON patch where it is a list; null where the object is gone. With `resourceVersion` or `uid` in its metadata it fails as `cluster.conflict` where the object is another by now. */
  patch<T extends KubeObject>(
    ref: ObjectRef,
    patch: object | readonly object[],
    options: WriteOptions,
  ): Promise<T | null>;
  /** Sets `spec.replicas` through the `scale` subresource. False where the object is gone. */
  scale(ref: ObjectRef, replicas: number, options: WriteOptions): Promise<boolean>;
  /** Removes an object; with `uid`, only this very one. False where it is gone already. */
  remove(ref: ObjectRef, options?: RemoveOptions): Promise<boolean>;
  /** Removes what a pod's eviction budget allows; false where it does not now. */
  evict(pod: ObjectRef): Promise<boolean>;
  /** Keeps a copy of all objects of a kind up to date: one list, then a watch, and a list again where the watch was lost. */
  inform<T extends KubeObject>(kind: Kind, options: InformOptions): Informer<T>;
  /** A container's output; ends with the container, or at once without `follow`. Null where there is none: the pod is gone, or the container has not been started. */
  podLogs(pod: ObjectRef, options: PodLogOptions): Promise<AsyncIterable<Uint8Array> | null>;
  /** Runs a program in a container and resolves when it has ended. */
  exec(pod: ObjectRef, options: ExecOptions): Promise<ExecResult>;
  /** Takes connections on a loopback port of this machine to a pod's port, until it is closed or the signal aborts. */
  forward(pod: ObjectRef, options: { port: number; signal: AbortSignal }): Promise<Forwarded>;
  /** Which of these rights whoever calls does not have. */
  missingRights(rights: readonly Right[]): Promise<readonly Right[]>;
  /** A GET of any path, such as `/apis/metrics.k8s.io/v1beta1/namespaces/x/pods`; null where there is no such thing. */
  read<T>(path: string, options?: CallOptions): Promise<T | null>;
  close(): Promise<void>;
}

export interface CallOptions {
  signal?: AbortSignal;
}

export interface WriteOptions extends CallOptions {
  /** Who is named as the manager of the fields. */
  manager: string;
  /** Nothing is kept; the answer is what would be. */
  dryRun?: boolean;
}

export interface ApplyOptions extends WriteOptions {
  /** Takes fields over that another manager has set. */
  force?: boolean;
}

export interface ListOptions extends CallOptions {
  /** All namespaces where it is missing. */
  namespace?: string;
  /** Such as `app=shop,tier!=test`. */
  labels?: string;
  /** Such as `involvedObject.name=web`. */
  fields?: string;
}

export interface RemoveOptions extends CallOptions {
  uid?: string;
  resourceVersion?: string;
  /** What becomes of what it owns; default `Background`. */
  propagation?: "Background" | "Foreground" | "Orphan";
  graceSeconds?: number;
}

export interface InformOptions {
  namespace?: string;
  labels?: string;
  fields?: string;
  /** What of an object is kept in memory, such as without its managed fields; null for one that is none of the copy. Default: all of it. */
  keep?: (object: KubeObject) => KubeObject | null;
}

/** A copy of all objects of a kind. */
export interface Informer<T extends KubeObject> {
  /** Resolves when the first list is in. Where the API server does not answer it is asked again, with growing pauses. */
  ready(): Promise<void>;
  get(namespace: string | null, name: string): T | undefined;
  list(namespace?: string): readonly T[];
  /** Hears of every object that was added, changed or removed since; of all that changed while the watch was lost, too. Returns how to stop. */
  follow(changed: (change: Change<T>) => void): () => void;
  /** Since when the copy is not kept up to date, because the API server does not answer (ms since the epoch); null while it is. */
  staleSince(): number | null;
  /** Since when the copy has been up to date without a break (ms since the epoch); 0 where it never was out of date, null where it is now. */
  freshSince(): number | null;
  /** Why it is not kept up to date: the last error; null while it is. */
  trouble(): BerthError | null;
  close(): void;
}

export interface Change<T extends KubeObject> {
  kind: "added" | "changed" | "removed";
  object: T;
  before: T | null;
}

export interface PodLogOptions {
  container?: string;
  follow?: boolean;
  tailLines?: number;
  /** RFC 3339; lines from before it are left out. */
  since?: string;
  /** The container that ran before the present one. */
  previous?: boolean;
  /** Each line begins with its time. */
  timestamps?: boolean;
  signal: AbortSignal;
}

export interface ExecOptions {
  container?: string;
  argv: readonly string[];
  stdin?: AsyncIterable<Uint8Array>;
  /** Where it gives a promise, nothing more is read until that resolves. */
  stdout?: (chunk: Uint8Array) => void | Promise<void>;
  stderr?: (chunk: Uint8Array) => void | Promise<void>;
  /** Makes it a terminal's program, whose errors come with its output: the terminal's size, now and whenever it changes. */
  terminal?: AsyncIterable<{ columns: number; rows: number }>;
  signal: AbortSignal;
}

export interface ExecResult {
  exitCode: number | null;
  /** What the API server says where the program could not be started; null where it ran. */
  message: string | null;
}

export interface Forwarded {
  /** On 127.0.0.1. */
  port: number;
  close(): void;
}

/** A right as RBAC has it. */
export interface Right {
  verb: string;
  group: string;
  /** With its subresource, such as `deployments/scale`. */
  resource: string;
  namespace?: string;
}
