/** The first executable of this name on PATH, or undefined. */
export function find(name: string, path?: string): string | undefined;
