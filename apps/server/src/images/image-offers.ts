import type { Digest } from "@berth/core";

/** Images that nodes may pull under an app's name though no release has them: those that its builds run in. */
export interface ImageOffers {
  /** Until the returned function is called. */
  offer(app: string, image: Digest): () => void;
  of(app: string): Digest[];
}

export function makeImageOffers(): ImageOffers {
  const offers = new Set<{ app: string; image: Digest }>();
  return {
    offer(app, image) {
      const entry = { app, image };
      offers.add(entry);
      return () => void offers.delete(entry);
    },
    of: (app) => [...offers].flatMap((entry) => (entry.app === app ? [entry.image] : [])),
  };
}
