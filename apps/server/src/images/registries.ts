import { homedir } from "node:os";
import { join } from "node:path";
import {
  type BaseImage,
  type Clock,
  type Digest,
  type Log,
  type Platform,
  type Random,
  sizeText,
  toBerthError,
} from "@berth/core";
import { openRemote, parseMirrors, parseRegistry, type Base, type Images, type Login } from "@berth/images";
import type { Settings } from "../settings/settings.ts";

export interface RegistriesDeps {
  home: string;
  images: Images;
  settings: Pick<Settings, "mirrors" | "registry">;
  env: Readonly<Record<string, string | undefined>>;
  /** What bases are fetched for. */
  platform: Platform;
  clock: Clock;
  random: Random;
  log: Log;
}

/** Other registries, as this installation uses them. */
export interface Registries {
  /** What the name of a base image stands for now. */
  resolve(image: string, signal?: AbortSignal): Promise<Digest>;
  /** A pinned base with all that is in it, fetched where it is not there yet. */
  openBase(base: BaseImage): Promise<Base>;
  /** The login to a registry that Docker's configuration has. */
  findLogin(host: string, signal: AbortSignal): Promise<Login | null>;
  /** Pushes an image of an app to BERTH_REGISTRY under these tags, where that is set, and says what was sent. Resolves with its name there. */
  publish(
    image: { app: string; digest: Digest; tags: readonly string[] },
    say: (text: string) => void,
    signal: AbortSignal,
  ): Promise<string | null>;
  /** Pushes an image of an app to a registry, host and folder as written, and gives its name there. */
  publishTo(
    registry: string,
    image: { app: string; digest: Digest; tags: readonly string[] },
    say: (text: string) => void,
    signal: AbortSignal,
  ): Promise<string>;
  close(): void;
}

const proxyVariables = ["HTTP_PROXY", "HTTPS_PROXY", "NO_PROXY", "http_proxy", "https_proxy", "no_proxy"];

/** The environment without Berth's own settings. */
function withoutOwn(env: RegistriesDeps["env"]): Record<string, string> {
  return Object.fromEntries(
    Object.entries(env).flatMap(([name, value]) =>
      value === undefined || name.startsWith("BERTH_") ? [] : [[name, value]],
    ),
  );
}

/** Opens the client for other registries. Nothing is asked before it is needed, but whether BERTH_REGISTRY answers. */
export function openRegistries(deps: RegistriesDeps): Registries {
  const { env, settings, clock } = deps;
  const closing = new AbortController();
  const home = env["HOME"] ?? homedir();
  const registry = settings.registry === null ? null : parseRegistry(settings.registry);
  const remote = openRemote({
    home: deps.home,
    images: deps.images,
    mirrors: parseMirrors(settings.mirrors),
    // Credential helpers ask key rings and clouds, and each reads other variables for it.
    docker: { folder: env["DOCKER_CONFIG"] ?? join(home, ".docker"), path: env["PATH"] ?? "", env: withoutOwn(env) },
    proxyEnv: Object.fromEntries(
      proxyVariables.flatMap((name) => (env[name] === undefined ? [] : [[name, env[name]]])),
    ),
    clock,
    random: deps.random,
    log: deps.log,
  });

  if (registry !== null) {
    // A registry that is away must not keep what runs from being served.
    remote.check(registry, closing.signal).catch((error: unknown) => {
      if (closing.signal.aborted) return;
      const { message, hint } = toBerthError(error);
      deps.log.warn({ problem: message, hint }, "BERTH_REGISTRY cannot be used as it is");
    });
  }

  const publishTo: Registries["publishTo"] = async (to, image, say, signal) => {
    const { app, digest, tags } = image;
    const startedAt = clock.now();
    const place = { registry: parseRegistry(to), repository: app, tags };
    const { name, uploadedBytes } = await remote.push(digest, place, { signal });
    if (uploadedBytes > 0)
      say(`pushed ${sizeText(uploadedBytes)} to ${name.split("@")[0]} in ${clock.now() - startedAt} ms`);
    return name;
  };

  return {
    resolve: (image, signal) => remote.resolve(image, signal ?? closing.signal),
    findLogin: (host, signal) => remote.findLogin(host, signal),
    async openBase({ image, digest }) {
      const pinned = digest ?? (await remote.resolve(image, closing.signal));
      return remote.fetchBase({ image, digest: pinned }, deps.platform, { signal: closing.signal });
    },
    async publish(image, say, signal) {
      return settings.registry === null ? null : await publishTo(settings.registry, image, say, signal);
    },
    publishTo,
    close() {
      closing.abort();
      remote.close();
    },
  };
}
