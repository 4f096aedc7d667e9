import {
  type BasePin,
  type Bases,
  type BaseStatus,
  BerthError,
  type Digest,
  shortImage,
  type Store,
  toBerthError,
} from "@berth/core";

export interface BasesDeps {
  store: Pick<Store, "bases" | "environments" | "releases" | "artifacts">;
  /** What a name stands for now, asked of its registry. */
  resolve(image: string): Promise<Digest>;
}

/** The pins of this installation beside what their registries and the live releases say. */
export function makeBases({ store, resolve }: BasesDeps): Bases {
  /** By image: the environments whose live release stands on it or was built in it, with the digest that was. */
  async function findUse(): Promise<Map<string, { where: string; digest: Digest }[]>> {
    const use = new Map<string, { where: string; digest: Digest }[]>();
    for (const { app, name, live } of await store.environments.listActive()) {
      const release = live === null ? null : await store.releases.get({ app, environment: name }, live);
      for (const { image } of release?.snapshot.services ?? []) {
        const plan = (await store.artifacts.get(image))?.provenance.plan;
        for (const used of [plan?.base, plan?.buildImage]) {
          if (used?.digest == null) continue;
          const where = `${app}/${name}`;
          const known = use.get(used.image) ?? [];
          if (!known.some((one) => one.where === where && one.digest === used.digest))
            use.set(used.image, [...known, { where, digest: used.digest }]);
        }
      }
    }
    return use;
  }

  function makeStatus(pin: BasePin, use: Awaited<ReturnType<typeof findUse>>): BaseStatus {
    const here = use.get(pin.image) ?? [];
    const outdated = here.filter(({ digest }) => digest !== pin.digest);
    const names = (found: typeof here) => [...new Set(found.map(({ where }) => where))].sort();
    return { ...pin, newer: null, problem: null, usedBy: names(here), outdated: names(outdated) };
  }

  async function ask(status: BaseStatus): Promise<BaseStatus> {
    try {
      const digest = await resolve(status.image);
      return { ...status, newer: digest === status.digest ? null : digest };
    } catch (error) {
      return { ...status, problem: toBerthError(error).message };
    }
  }

  return {
    async list(isAsked) {
      const use = await findUse();
      const statuses = (await store.bases.list()).map((pin) => makeStatus(pin, use));
      return isAsked ? await Promise.all(statuses.map(ask)) : statuses;
    },
    async update(images, actor) {
      const pins = await store.bases.list();
      for (const image of images ?? []) if (!pins.some((pin) => pin.image === image)) throw notPinned(image);
      const wanted = pins.filter(({ image }) => images === null || images.includes(image));
      // All are asked before one is moved: an update happens whole or not at all.
      const newest = await Promise.all(wanted.map(async ({ image }) => ({ image, digest: await resolve(image) })));
      const moved = newest.filter(({ image, digest }) =>
        pins.some((pin) => pin.image === image && pin.digest !== digest),
      );
      const updated = await Promise.all(moved.map(({ image, digest }) => store.bases.update(image, digest, actor)));
      const use = await findUse();
      return updated.map((pin) => makeStatus(pin, use));
    },
  };
}

function notPinned(image: string): BerthError {
  return new BerthError("base.not-found", `No app is built on ${shortImage(image)}.`, {
    path: image,
    hint: "`berth bases` lists the images that apps are built on.",
  });
}
