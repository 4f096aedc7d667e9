import { BerthError, readWhole, type SourceTree, type TreeEntry } from "@berth/core";
import { namedPaths } from "./list-files.ts";
import { findEscapingLinks } from "./symlinks.ts";

/** A pointer file is at most this long: the specification of Git LFS. */
const maxPointerBytes = 1024;
/** git passes over larger files of attributes. */
const maxAttributesBytes = 100 * 1024 ** 2;
const pointerHead = "version https://git-lfs.github.com/spec/v1\n";

/** Throws `source.unsupported` for a tree that would not be what its author sees: submodules, Git LFS pointers, links that lead out of it. */
export async function checkDeployable(source: SourceTree): Promise<void> {
  const files = await source.list();
  await checkLinks(source, files);
  await checkPointers(source, files);
}

async function checkLinks(source: SourceTree, files: readonly TreeEntry[]): Promise<void> {
  const links = new Map<string, string>();
  for await (const { entry, content } of source.contents(files.filter(({ mode }) => mode === "120000"))) {
    links.set(entry.path, Buffer.from(await readWhole(content)).toString("utf8"));
  }
  const broken = [...links].find(([, target]) => target === "" || target.includes("\0"));
  if (broken !== undefined) {
    throw new BerthError("source.unsupported", "A symbolic link has a target that no file can have.", {
      path: broken[0],
      details: namedPaths([broken[0]]),
      hint: "Remove it, and make it anew.",
    });
  }
  const escaping = findEscapingLinks(links);
  if (escaping.length === 0) return;
  throw new BerthError("source.unsupported", "Symbolic links may not lead out of the repository.", {
    path: escaping[0]!,
    details: namedPaths(escaping.map((path) => `${path} -> ${links.get(path)}`)),
    hint: "Replace them by the files, or by relative links to files of the repository.",
  });
}

/** Git LFS needs its .gitattributes in the tree, so a tree without them costs nothing here. */
async function checkPointers(source: SourceTree, files: readonly TreeEntry[]): Promise<void> {
  const attributes = files.filter(
    ({ path, sizeBytes }) => /(^|\/)\.gitattributes$/.test(path) && sizeBytes <= maxAttributesBytes,
  );
  let usesLfs = false;
  for await (const { content } of source.contents(attributes)) {
    const { buffer, byteOffset, length } = await readWhole(content);
    usesLfs ||= Buffer.from(buffer, byteOffset, length).includes("filter=lfs");
  }
  if (!usesLfs) return;
  const pointers: string[] = [];
  const small = files.filter(({ mode, sizeBytes }) => mode !== "120000" && sizeBytes < maxPointerBytes);
  for await (const { entry, content } of source.contents(small)) {
    const text = Buffer.from(await readWhole(content)).toString("latin1");
    if (text.startsWith(pointerHead)) pointers.push(entry.path);
  }
  if (pointers.length === 0) return;
  throw new BerthError(
    "source.unsupported",
    "Files kept in Git LFS cannot be deployed: the push has only pointers to them.",
    {
      path: pointers[0]!,
      details: namedPaths(pointers),
      hint: "Commit the files themselves (git lfs migrate export --include=<paths>), or let the app fetch them when it starts.",
    },
  );
}
