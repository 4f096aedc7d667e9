import type { IncomingMessage, ServerResponse } from "node:http";
import type { Digest } from "@berth/core";
import { makePaths } from "../layout/paths.ts";
import { requireIdentity, requireRole, requireScope } from "./auth/authorize.ts";
import { identify } from "./auth/identity.ts";
import { makeTokenSigner } from "./auth/token.ts";
import type { Parts } from "./call.ts";
import type { RegistryDeps } from "./deps.ts";
import { giveToken } from "./handlers/token.ts";
import { answerError } from "./http/answer.ts";
import { refuseOtherSites } from "./http/same-origin.ts";
import { findEndpoint } from "./endpoints.ts";
import { RegistryError } from "./registry-error.ts";
import { makeRepositories } from "./repositories/repositories.ts";
import type { Repository } from "./repositories/repository.ts";
import { parseTarget } from "./route.ts";
import { makeUploads } from "./uploads/uploads.ts";

/** Serves images under `/v2/` as the OCI distribution spec 1.1 says. */
export interface Registry {
  /** Answers a request below `/v2/`, also one that waits to be told to send its body. */
  handle(request: IncomingMessage, response: ServerResponse): void;
  /** Forgets what nobody needs any more, and calls back with all that collecting has to spare; until that is done nothing is pushed. */
  withRoots<T>(work: (roots: ReadonlySet<Digest>) => Promise<T>): Promise<T>;
  /** Lets go of the uploads that are under way, to be gone on with later. */
  close(): Promise<void>;
}

export function makeRegistry(deps: RegistryDeps): Registry {
  const { blobs, referrers } = deps.images;
  const parts: Parts = {
    deps,
    repositories: makeRepositories({ ...deps, paths: makePaths(deps.home), blobs, referrers }),
    uploads: makeUploads({ ...deps, blobs }),
    signer: makeTokenSigner({ ...deps, key: deps.tokenKey }),
    room: { heldBytes: 0, heldBy: new Map() },
  };

  return {
    handle(request, response) {
      answer(parts, request, response).catch((error: unknown) => {
        const hasLeft = response.destroyed || (request.destroyed && !request.complete);
        if (!hasLeft) return answerError(request, response, error, deps.log);
        deps.log.debug({ err: error, url: request.url }, "a request to the registry broke off");
        response.destroy();
      });
    },
    withRoots: async (work) => {
      await parts.uploads.sweep();
      return await parts.repositories.withRoots(work);
    },
    close: () => parts.uploads.close(),
  };
}

async function answer(parts: Parts, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const { deps, signer } = parts;
  refuseOtherSites(request, deps.origin);
  const target = parseTarget(request.url ?? "");
  if (target === null) throw new RegistryError("UNSUPPORTED", "The registry has nothing there.", { status: 404 });
  const { route, query } = target;
  const endpoint = findEndpoint(route, request.method ?? "GET", query);
  if (route.kind === "token") return await giveToken(parts, request, response, query);
  const asked = await identify({ signer, authenticate: deps.authenticate }, request.headers.authorization);
  const { needed, wanted } = endpoint;
  const identity = requireIdentity(request, deps.origin, asked, needed === null ? [] : [needed, ...wanted]);
  const call = { parts, request, response, query, identity };
  if (needed !== null) requireRole(identity, needed);
  // An app that is not there is told as that, and not as a token that lacks it.
  const repository = endpoint.kind === "repository" ? await findRepository(parts, endpoint.repository) : null;
  if (needed !== null) requireScope(request, deps.origin, identity, needed, wanted);
  if (endpoint.kind === "all") await endpoint.serve(call);
  else if (repository !== null) await endpoint.serve({ ...call, repository });
}

async function findRepository({ repositories }: Parts, name: string): Promise<Repository> {
  const found = await repositories.find(name);
  if (found !== null) return found;
  throw new RegistryError("NAME_UNKNOWN", `There is no app for ${name}. Make it first: berth apps create.`, {
    detail: name,
  });
}
