import { base64Hash, lockedPackage } from "../locked-package.ts";
import type { Lockfile } from "../lockfile.ts";

/** go.mod names all modules a build may use (since Go 1.17), go.sum has their hashes. Source: the Go modules reference. */
export const goModule: Lockfile = {
  ecosystem: "golang",
  name: "go.mod",
  nested: false,
  beside: /^go\.sum$/,
  parse(text, beside) {
    const sums = readSums(beside("go.sum") ?? "");
    const replaced = new Map<string, string>();
    const required: { name: string; version: string }[] = [];
    for (const { keyword, words } of statements(text)) {
      if (keyword === "require") required.push({ name: words[0] ?? "", version: words[1] ?? "" });
      const arrow = words.indexOf("=>");
      if (keyword === "replace" && arrow > 0) {
        replaced.set(words.slice(0, arrow).join(" "), words.slice(arrow + 1).join(" "));
      }
    }
    return required.flatMap(({ name, version }) => {
      const other = replaced.get(`${name} ${version}`) ?? replaced.get(name);
      const [usedName = name, usedVersion] = other === undefined ? [name, version] : other.split(" ");
      // What is replaced by a folder of the repository is the project itself.
      if (usedVersion === undefined) return [];
      const sum = sums.get(`${usedName} ${usedVersion}`);
      const hash = sum === undefined ? null : base64Hash("sha256", sum);
      return lockedPackage("golang", usedName, usedVersion, { hashes: hash === null ? [] : [hash] });
    });
  },
};

/** Lines such as `require a v1` and the lines of a block `require ( … )`, without comments and quotes. */
function* statements(text: string): Generator<{ keyword: string; words: string[] }> {
  let block: string | null = null;
  for (const line of text.split(/\r?\n/)) {
    const words = (line.split("//", 1)[0] ?? "")
      .trim()
      .split(/\s+/)
      .map((word) => word.replace(/^["`]|["`]$/g, ""))
      .filter((word) => word !== "");
    const [first = ""] = words;
    if (words.length === 0) continue;
    if (first === ")") block = null;
    else if (block !== null) yield { keyword: block, words };
    else if (words[1] === "(") block = first;
    else yield { keyword: first, words: words.slice(1) };
  }
}

function readSums(text: string): Map<string, string> {
  const sums = new Map<string, string>();
  for (const line of text.split(/\r?\n/)) {
    const [name, version, hash] = line.trim().split(/\s+/);
    if (version?.endsWith("/go.mod") === false && hash?.startsWith("h1:") === true) {
      sums.set(`${name} ${version}`, hash.slice("h1:".length));
    }
  }
  return sums;
}
