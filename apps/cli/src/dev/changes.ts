/** Changes of files, gathered until there are no more for a moment. */
export interface Changes {
  add(path: string): void;
  /** The next ones, once they have settled; null once the signal aborts. */
  next(signal: AbortSignal): Promise<Settled | null>;
}

export interface Settled {
  paths: ReadonlySet<string>;
  /** When the first of them was seen. */
  since: number;
}

export interface ChangesDeps {
  now(): number;
  sleep(ms: number, signal: AbortSignal): Promise<void>;
}

/** An editor that saves a file writes it in a few steps, all within this time. */
const saveMs = 20;
/** What changes more files than a person has open is a program, such as `git checkout`, which pauses now and then. */
const programMs = 200;
const personFiles = 10;
/** So long what changes all the time is waited for. */
const patienceMs = 2_000;

/** How long nothing may change until so many changes count as settled. */
export function quietMs(files: number): number {
  return files > personFiles ? programMs : saveMs;
}

export function makeChanges({ now, sleep }: ChangesDeps): Changes {
  let paths = new Set<string>();
  let since = 0;
  let lastAt = 0;
  let wake = () => {};
  return {
    add(path) {
      if (paths.size === 0) since = now();
      paths.add(path);
      lastAt = now();
      wake();
    },
    async next(signal) {
      while (paths.size === 0 && !signal.aborted) {
        const { promise, resolve } = Promise.withResolvers<void>();
        wake = resolve;
        signal.addEventListener("abort", () => resolve(), { once: true });
        await promise;
      }
      for (;;) {
        if (signal.aborted) return null;
        const endsAt = Math.min(lastAt + quietMs(paths.size), since + patienceMs);
        if (now() >= endsAt) break;
        await sleep(endsAt - now(), signal);
      }
      const settled = { paths, since };
      paths = new Set();
      return settled;
    },
  };
}
