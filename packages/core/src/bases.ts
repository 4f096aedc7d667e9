import type { Digest } from "./artifact.ts";
import type { Actor } from "./people.ts";
import type { BasePin } from "./store.ts";

/** A pinned base image, what its name stands for in its registry now, and who stands on it. */
export interface BaseStatus extends BasePin {
  /** What the name stands for now, where that is something else; null where it is the same, or nobody asked. */
  newer: Digest | null;
  /** Why the registry did not say; null where it did, or nobody asked. */
  problem: string | null;
  /** Those of `usedBy` where it was another digest than the pinned one: `shop/production`. */
  outdated: readonly string[];
  /** Environments whose live release stands on it, or was built in it. */
  usedBy: readonly string[];
}

/** The base images of this installation. */
export interface Bases {
  /** All that are pinned; with `ask`, their registries are asked for newer ones. */
  list(ask: boolean): Promise<BaseStatus[]>;
  /** Moves pins to what their names stand for now: of these images, or of all. Returns those that moved. Throws `base.not-found` where one is not pinned. */
  update(images: readonly string[] | null, actor: Actor): Promise<BaseStatus[]>;
}
