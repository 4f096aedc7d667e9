import type { Clock, Digest, IdentifiedWorkload, Log } from "@berth/core";
import { imageTag, loadImage, refusalOf } from "@berth/docker";
import type { Engine, LoadableImage } from "@berth/docker";
import { readImageConfig } from "../instances/image-config.ts";
import type { RunConfig } from "../instances/image-config.ts";
import { imageRepository, imageRepositoryPrefix } from "./names.ts";

export interface EngineImagesDeps {
  engine: Engine;
  installation: string;
  clock: Clock;
  log: Log;
  /** Opens an image of the store. Throws `image.not-found`. */
  open(digest: Digest): Promise<LoadableImage>;
  /** How long an image stays on the engine that nothing runs. */
  graceMs: number;
}

/** An image that the engine has, with how it is run. */
export interface ReadyImage {
  /** The engine's id of it. */
  id: string;
  config: RunConfig;
  /** When it was given to the engine, ms since the epoch; null where it was there already. */
  brought: { from: number; at: number } | null;
}

/** The images of workloads on the engine: given to it when they are needed, removed some time after nothing needs them. */
export class EngineImages {
  readonly #deps: EngineImagesDeps;
  readonly #ready = new Map<Digest, Promise<ReadyImage>>();
  readonly #unusedSince = new Map<string, number>();

  constructor(deps: EngineImagesDeps) {
    this.#deps = deps;
  }

  /** The workload's image on the engine. Throws `image.not-found`, `runtime.failed`, `engine.unreachable`. */
  ready({ app, image }: IdentifiedWorkload): Promise<ReadyImage> {
    const known = this.#ready.get(image);
    if (known) return known;
    const ready = this.#load(app, image);
    this.#ready.set(image, ready);
    ready.catch(() => this.#ready.delete(image));
    return ready;
  }

  /** An image that the engine was found to lack is given to it anew. */
  forget(image: Digest): void {
    this.#ready.delete(image);
  }

  /** Removes what this installation has given to the engine and none of these workloads needs, once it was so for a while. */
  async sweep(needed: ReadonlySet<Digest>): Promise<void> {
    const { engine, installation, clock, graceMs } = this.#deps;
    const prefix = imageRepositoryPrefix(installation);
    const kept = new Set(await Promise.all([...needed].map((digest) => this.#idOf(digest))));
    // Engines understand patterns of names differently: all are listed, and ours picked.
    const listed = await engine.ask((docker) => docker.listImages());
    const names = listed.flatMap(({ Id, RepoTags }) =>
      (RepoTags ?? []).filter((name) => name.startsWith(prefix)).map((name) => ({ id: Id, name })),
    );
    const now = clock.now();
    for (const { id, name } of names) {
      if (kept.has(id)) {
        this.#unusedSince.delete(name);
        continue;
      }
      const since = this.#unusedSince.get(name) ?? now;
      this.#unusedSince.set(name, since);
      if (now - since >= graceMs) await this.#remove(id, name);
    }
  }

  async #load(app: string, digest: Digest): Promise<ReadyImage> {
    const { engine, installation, clock, open } = this.#deps;
    const from = clock.now();
    const image = await open(digest);
    const name = `${imageRepository(installation, app)}:${imageTag(image)}`;
    const { id, isNew } = await loadImage(engine, image, name);
    this.#unusedSince.delete(name);
    return { id, config: readImageConfig(image.config), brought: isNew ? { from, at: clock.now() } : null };
  }

  async #idOf(digest: Digest): Promise<string | null> {
    const ready = await this.#ready.get(digest)?.catch(() => null);
    return ready?.id ?? null;
  }

  async #remove(id: string, name: string): Promise<void> {
    try {
      await this.#deps.engine.ask((docker) => docker.getImage(name).remove());
      for (const [digest, ready] of this.#ready)
        if ((await ready.catch(() => null))?.id === id) this.#ready.delete(digest);
      this.#unusedSince.delete(name);
    } catch (error) {
      // A container is made of it, or it is gone.
      if (refusalOf(error) === null) throw error;
    }
  }
}
