/** All results; where one fails the others are aborted, and the failure is thrown when they have ended. */
export async function allOrNone<T>(signal: AbortSignal, begin: (signal: AbortSignal) => Promise<T>[]): Promise<T[]> {
  const failed = new AbortController();
  const works = begin(AbortSignal.any([signal, failed.signal]));
  try {
    return await Promise.all(works);
  } catch (error) {
    failed.abort(error);
    await Promise.allSettled(works);
    throw error;
  }
}
