/** Of mirrors, as BERTH_MIRRORS names them, those that a server in a pod does not reach: this machine's names for itself are the pod's own there. */
export function unreachableMirrors({ BERTH_MIRRORS = "" }: Readonly<Record<string, string>>): string[] {
  const entries = BERTH_MIRRORS.split(",").map((entry) => entry.trim());
  return entries.filter((entry) => isOwn(entry.slice(entry.indexOf("=") + 1).trim()));
}

function isOwn(address: string): boolean {
  const url = URL.parse(/^https?:\/\//.test(address) ? address : `http://${address}`);
  return /^(?:(?:.+\.)?localhost|127\..+|\[::1\]|0\.0\.0\.0)\.?$/.test(url?.hostname ?? "");
}
