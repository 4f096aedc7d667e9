import { BerthError } from "@berth/core";
import type { Clock, Digest, Log, Platform, Random } from "@berth/core";
import type { Base } from "../base.ts";
import type { Images } from "../images.ts";
import { makeAuthoriser } from "./auth/authoriser.ts";
import { makeCredentials } from "./auth/credentials.ts";
import type { Login } from "./auth/docker-config.ts";
import { baseFailure, decisiveProblem, pushFailure } from "./failures.ts";
import { makeBaseCache } from "./fetch/base-cache.ts";
import { fetchBase } from "./fetch/fetch-base.ts";
import type { FetchBaseOptions, PinnedBase } from "./fetch/fetch-base.ts";
import { resolveTag } from "./fetch/manifest.ts";
import { makeParts } from "./fetch/parts.ts";
import { readReference } from "./fetch/reference.ts";
import type { Reference } from "./fetch/reference.ts";
import { RemoteProblem } from "./http/problem.ts";
import { makeSession } from "./http/session.ts";
import { makeTransport } from "./http/transport.ts";
import { defaultLimits } from "./limits.ts";
import type { RemoteLimits } from "./limits.ts";
import { findNewer } from "./newer.ts";
import type { Pin, PinNews } from "./newer.ts";
import type { Mirrors } from "./places/mirrors.ts";
import { registryHost } from "./places/place.ts";
import { makePlaceAsker, PlacesFailed } from "./places/places.ts";
import { imageNameAt } from "./places/registry-address.ts";
import type { RegistryAddress } from "./places/registry-address.ts";
import { makePusher } from "./push/push.ts";
import type { PushOptions, PushResult, PushTarget } from "./push/push.ts";
import type { Reach } from "./reach.ts";
import { listTags } from "./tags.ts";

export interface RemoteDeps {
  /** BERTH_HOME. */
  home: string;
  images: Pick<Images, "blobs" | "referrers" | "space">;
  /** See `parseMirrors`. */
  mirrors: Mirrors;
  docker: {
    /** The folder of Docker's config.json: DOCKER_CONFIG, or `.docker` in the home folder of the user. */
    folder: string;
    /** Where credential helpers are searched: PATH. */
    path: string;
    /** What credential helpers find in their environment besides, such as HOME. */
    env: Readonly<Record<string, string>>;
  };
  /** Variables that name a proxy: HTTP_PROXY, HTTPS_PROXY, NO_PROXY. */
  proxyEnv: Readonly<Record<string, string>>;
  /** Certificates to trust besides those that Node.js and the system trust, as PEM. */
  certificates?: readonly string[];
  limits?: Partial<RemoteLimits>;
  clock: Clock;
  random: Random;
  log: Log;
}

/**
 * Other registries. All throw `base.not-found`, `base.unauthorised`, `image.corrupt` or `registry.failed` where one does not give or take
 * what it is asked for, and `settings.invalid` where Docker's configuration of logins is wrong. An aborted signal throws its reason.
 */
export interface Remote {
  /** What the name of an image stands for now: an index of several platforms, or one manifest. */
  resolve(image: string, signal: AbortSignal): Promise<Digest>;
  /** Makes sure that a base is in the layout, whole, and says what it is. Costs next to nothing where it is there. Throws `base.unfit`. */
  fetchBase(base: PinnedBase, platform: Platform, options: FetchBaseOptions): Promise<Base>;
  /** Puts an image of the layout, and what refers to it, into another registry: only what is missing there. */
  push(digest: Digest, target: PushTarget, options: PushOptions): Promise<PushResult>;
  /** Resolves where a registry answers and lets Berth in. */
  check(registry: RegistryAddress, signal: AbortSignal): Promise<void>;
  /** For each pin, whether its name stands for something else now. */
  newer(pins: readonly Pin[], signal: AbortSignal): Promise<PinNews[]>;
  /** The login that Docker's configuration has for a registry's host; null where it has none. */
  findLogin(host: string, signal: AbortSignal): Promise<Login | null>;
  /** Lets go of its connections. What is under way is ended by its own signal. */
  close(): void;
}

/** Registries say nothing there, or `{}`. */
const mostGreetingBytes = 64 * 1024;

/** The client for registries outside of Berth. Opens no connection before it needs one. */
export function openRemote(deps: RemoteDeps): Remote {
  const { clock, random, log, mirrors, images } = deps;
  const limits: RemoteLimits = { ...defaultLimits, ...deps.limits };
  const { proxyEnv, certificates = [] } = deps;
  const transport = makeTransport({ clock, limits, proxyEnv, certificates });
  const credentials = makeCredentials({ ...deps.docker, clock, helperMs: limits.helperMs });
  const authoriser = makeAuthoriser({ transport, credentials, clock, limits });
  const session = makeSession({ transport, authoriser, clock, limits });
  const reach: Reach = { session, places: makePlaceAsker({ clock, log }), clock, random, log, limits };
  const parts = makeParts(reach, images);
  const cache = makeBaseCache(deps.home);
  const pusher = makePusher({ reach, blobs: images.blobs, referrers: images.referrers, mirrors });

  /** What places said, as an error for people. */
  async function explain(
    reference: Reference,
    digest: Digest | null,
    error: unknown,
    signal: AbortSignal,
  ): Promise<never> {
    if (!(error instanceof PlacesFailed)) throw error;
    const decisive = decisiveProblem(error.problems);
    const helps = digest === null && decisive?.problem.kind === "not-found";
    const tags = helps ? await listTags(reach, reference, decisive.place, signal) : [];
    throw baseFailure(reference, error, { digest, tags });
  }

  async function resolve(image: string, signal: AbortSignal): Promise<Digest> {
    const reference = readReference(image, mirrors);
    if (reference.digest !== null) return reference.digest;
    return resolveTag(reach, reference, signal).catch((error: unknown) => explain(reference, null, error, signal));
  }

  return {
    resolve,
    async fetchBase(base, platform, options) {
      const reference = readReference(base.image, mirrors);
      const work = fetchBase(
        { reach, blobs: images.blobs, space: images.space, parts, cache },
        reference,
        base.digest,
        platform,
        options,
      );
      return work.catch((error: unknown) => explain(reference, base.digest, error, options.signal));
    },
    push: (digest, target, options) =>
      pusher(digest, target, options).catch((error: unknown) => {
        if (error instanceof BerthError || !(error instanceof RemoteProblem)) throw error;
        const name = imageNameAt(target.registry, target.repository);
        throw pushFailure(`The image could not be pushed to ${name}`, name, target.registry, error);
      }),
    async check(registry, signal) {
      const target = new URL(registry.api, registry.origin);
      try {
        await session.document(
          registry,
          "",
          { method: "GET", target, scopes: [], expect: [200], signal },
          mostGreetingBytes,
        );
      } catch (error) {
        if (!(error instanceof RemoteProblem)) throw error;
        throw pushFailure(`Images cannot be pushed to ${registry.host}`, registry.host, registry, error);
      }
    },
    findLogin: async (host, signal) => (await credentials.find(registryHost(host), signal)).login,
    newer: (pins, signal) => findNewer(pins, resolve, signal),
    close: () => transport.close(),
  };
}
