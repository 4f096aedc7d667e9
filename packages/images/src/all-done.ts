/** Resolves when all have ended, and throws only then what the first of them threw: nothing is under way any more that could leave something. */
export async function allDone(work: readonly (Promise<unknown> | null)[]): Promise<void> {
  await Promise.allSettled(work);
  await Promise.all(work);
}
