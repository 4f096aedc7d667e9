import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import type { Images } from "@berth/images";

/** Which work folders are in use, so that no two builds share one. */
export interface WorkFolders {
  /** Gives `use` a private folder and removes it afterwards, whatever happens. Its path follows from the name, unless another build is in it. */
  within<T>(name: string, use: (top: string) => Promise<T>): Promise<T>;
}

export function makeWorkFolders(home: string, images: Pick<Images, "removeFolder">): WorkFolders {
  const taken = new Set<string>();

  function take(name: string): string {
    for (let number = 1; ; number++) {
      const top = join(home, "work", number === 1 ? name : `${name}.${number}`);
      if (taken.has(top)) continue;
      taken.add(top);
      return top;
    }
  }

  return {
    async within(name, use) {
      const top = take(name);
      try {
        // What a crash left there.
        await images.removeFolder(top);
        await mkdir(top, { recursive: true });
        return await use(top);
      } finally {
        await images.removeFolder(top);
        taken.delete(top);
      }
    },
  };
}
