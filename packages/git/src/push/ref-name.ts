const maxBytes = 240;
// oxlint-disable-next-line no-control-regex
const forbidden = /[\u0000- \u007F~^:?*[\\]|\.\.|@\{|\/\/|\.$|\/$/;

/** Whether git takes this as the name of a ref (the rules of `git check-ref-format`), and a file system as that of a file. */
export function isRefName(ref: string): boolean {
  if (!ref.startsWith("refs/") || forbidden.test(ref) || Buffer.byteLength(ref) > maxBytes) return false;
  return ref.split("/").every((part) => part !== "" && !part.startsWith(".") && !part.endsWith(".lock"));
}

/** Whether one branch is a folder of the other: `a` and `a/b` cannot both be refs. */
export function branchesCollide(one: string, other: string): boolean {
  return one.startsWith(`${other}/`) || other.startsWith(`${one}/`);
}
