import { setTimeout as sleep } from "node:timers/promises";

/** Resolves with what `look` finds as soon as that is neither false nor null; rejects, saying what was awaited, when it takes too long. */
export async function until<T>(what: string, look: () => Promise<T> | T, deadlineMs = 20_000): Promise<T> {
  const endsAt = Date.now() + deadlineMs;
  for (;;) {
    const found = await look();
    if (found !== false && found !== null && found !== undefined) return found;
    if (Date.now() > endsAt) throw new Error(`in vain awaited for ${deadlineMs} ms: ${what}`);
    await sleep(20);
  }
}
