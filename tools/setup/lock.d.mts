/** Runs `work` while no other process holds `lockFile`; one that died leaves no lock behind that counts. */
export function withLock<T>(lockFile: string, work: () => Promise<T>): Promise<T>;
