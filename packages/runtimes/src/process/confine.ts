import { accessSync, constants } from "node:fs";

const places = ["/usr/bin/setpriv", "/bin/setpriv"];

/**
 * What goes before an instance's command when Berth runs as root: without capabilities root, too, is bound by mode bits, so that an
 * instance cannot write into the read-only copy of its image by accident. Empty where it is not needed or setpriv (util-linux) is missing.
 */
export function makeWrapper(userId: number, isExecutable: (file: string) => boolean = canExecute): string[] {
  const setpriv = userId === 0 ? places.find(isExecutable) : undefined;
  if (setpriv === undefined) return [];
  return [setpriv, "--bounding-set=-all", "--inh-caps=-all", "--ambient-caps=-all", "--no-new-privs", "--"];
}

function canExecute(file: string): boolean {
  try {
    accessSync(file, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
