/** No system follows a path through more links than this (Linux: 40), so what lies beyond cannot be reached. */
const maxHops = 40;

/** The links (path → target) that lead out of the tree, also through other links. In order of their paths. */
export function findEscapingLinks(links: ReadonlyMap<string, string>): string[] {
  return [...links.keys()].filter((path) => !staysInside(links, path)).toSorted();
}

/** Walks the path as a file system would: each link on the way is replaced by its target. */
function staysInside(links: ReadonlyMap<string, string>, path: string): boolean {
  const todo = path.split("/").reverse();
  const at: string[] = [];
  let hops = 0;
  while (todo.length > 0) {
    const part = todo.pop()!;
    if (part === "" || part === ".") continue;
    if (part === "..") {
      if (at.pop() === undefined) return false;
      continue;
    }
    at.push(part);
    const target = links.get(at.join("/"));
    if (target === undefined) continue;
    if (target.startsWith("/")) return false;
    if (++hops > maxHops) return true;
    at.pop();
    todo.push(...target.split("/").reverse());
  }
  return true;
}
