import type { IncomingMessage, ServerResponse } from "node:http";
import type { Identity } from "./auth/identity.ts";
import type { TokenSigner } from "./auth/token.ts";
import type { RegistryDeps } from "./deps.ts";
import type { BodyRoom } from "./http/body.ts";
import { type AnyDigest, isDigest } from "./names.ts";
import { RegistryError } from "./registry-error.ts";
import type { Repositories } from "./repositories/repositories.ts";
import type { Repository } from "./repositories/repository.ts";
import type { Uploads } from "./uploads/uploads.ts";

/** What the registry works with. */
export interface Parts {
  deps: RegistryDeps;
  repositories: Repositories;
  uploads: Uploads;
  signer: TokenSigner;
  room: BodyRoom;
}

/** A request that may be answered. */
export interface Call {
  parts: Parts;
  request: IncomingMessage;
  response: ServerResponse;
  query: URLSearchParams;
  identity: Identity;
}

/** One that is about a repository. */
export interface RepositoryCall extends Call {
  repository: Repository;
}

/** Throws `DIGEST_INVALID` where the text is no digest. */
export function checkDigest(text: string | null): AnyDigest {
  if (text !== null && isDigest(text)) return text;
  throw new RegistryError(
    "DIGEST_INVALID",
    text === null ? "The digest is missing." : "That is not a digest: sha256:<64 hex digits> is one.",
    text === null ? {} : { detail: text },
  );
}
