import { catalogScope, type Action, type Scope } from "./auth/scope.ts";
import type { Call, RepositoryCall } from "./call.ts";
import { deleteBlob, getBlob } from "./handlers/blobs.ts";
import { listRepositories } from "./handlers/catalog.ts";
import { deleteManifest, getManifest, putManifest } from "./handlers/manifests.ts";
import { listReferrers } from "./handlers/referrers.ts";
import { listTags } from "./handlers/tags.ts";
import { cancelUpload, continueUpload, finishUpload, getUpload, startUpload } from "./handlers/uploads.ts";
import { answerJson } from "./http/answer.ts";
import { isRepositoryName } from "./names.ts";
import { RegistryError } from "./registry-error.ts";
import type { Route } from "./route.ts";

/** What answers a request, and what whoever asks has to be allowed for it. */
export type Endpoint = {
  /** Null: any token is enough. */
  needed: Scope | null;
  /** What a token for this request had better allow too. */
  wanted: readonly Scope[];
} & (
  | { kind: "all"; serve(call: Call): Promise<void> }
  | { kind: "repository"; repository: string; serve(call: RepositoryCall): Promise<void> }
);

type Serve = (call: RepositoryCall, last: string) => Promise<void>;

const read: readonly Action[] = ["pull"];
const change: readonly Action[] = ["pull", "push"];
const remove: readonly Action[] = ["delete"];

/** What serves each kind of route of a repository, by method. */
const methods: Record<
  RepositoryRoute["kind"],
  Readonly<Record<string, { actions: readonly Action[]; serve: Serve }>>
> = {
  manifest: {
    GET: { actions: read, serve: getManifest },
    HEAD: { actions: read, serve: getManifest },
    PUT: { actions: change, serve: putManifest },
    DELETE: { actions: remove, serve: deleteManifest },
  },
  blob: {
    GET: { actions: read, serve: getBlob },
    HEAD: { actions: read, serve: getBlob },
    DELETE: { actions: remove, serve: deleteBlob },
  },
  uploads: { POST: { actions: change, serve: startUpload } },
  upload: {
    GET: { actions: change, serve: getUpload },
    HEAD: { actions: change, serve: getUpload },
    PATCH: { actions: change, serve: continueUpload },
    PUT: { actions: change, serve: finishUpload },
    DELETE: { actions: change, serve: cancelUpload },
  },
  tags: { GET: { actions: read, serve: listTags }, HEAD: { actions: read, serve: listTags } },
  referrers: { GET: { actions: read, serve: listReferrers }, HEAD: { actions: read, serve: listReferrers } },
};

type RepositoryRoute = Extract<Route, { repository: string }>;

/** Finds what answers a request. Throws `UNSUPPORTED`, `NAME_INVALID`. */
export function findEndpoint(route: Route, method: string, query: URLSearchParams): Endpoint {
  if (!("repository" in route)) return findCommon(route.kind, method);
  const found = Object.hasOwn(methods[route.kind], method) ? methods[route.kind][method] : undefined;
  if (found === undefined) throw unsupported(method, Object.keys(methods[route.kind]));
  const { repository } = route;
  if (!isRepositoryName(repository)) {
    const why = "That does not fit as the name of a repository: use a-z, 0-9, single . _ - between, and slashes.";
    throw new RegistryError("NAME_INVALID", why, { detail: repository.slice(0, 256) });
  }
  const from = route.kind === "uploads" && query.has("mount") ? query.get("from") : null;
  return {
    kind: "repository",
    repository,
    needed: { type: "repository", name: repository, actions: found.actions },
    wanted: from !== null && isRepositoryName(from) ? [{ type: "repository", name: from, actions: read }] : [],
    serve: (call) => found.serve(call, lastOf(route)),
  };
}

function findCommon(kind: "base" | "token" | "catalog", method: string): Endpoint {
  const allowed = kind === "token" ? ["GET", "POST"] : ["GET", "HEAD"];
  if (!allowed.includes(method)) throw unsupported(method, allowed);
  if (kind === "catalog") return { kind: "all", needed: catalogScope, wanted: [], serve: listRepositories };
  const serve = async ({ request, response }: Call) => answerJson(request, response, 200, {});
  return { kind: "all", needed: null, wanted: [], serve };
}

function lastOf(route: RepositoryRoute): string {
  if (route.kind === "manifest") return route.reference;
  if (route.kind === "upload") return route.id;
  return "digest" in route ? route.digest : "";
}

function unsupported(method: string, allowed: readonly string[]): RegistryError {
  return new RegistryError("UNSUPPORTED", `${method} is not answered there.`, {
    headers: { allow: allowed.join(", ") },
  });
}
