/** All that can be reached from some keys along edges, themselves with them. */
export function reachable(from: Iterable<string>, edges: (key: string) => Iterable<string>): Set<string> {
  const found = new Set(from);
  // A set goes on with what is added to it while it is walked.
  for (const key of found) for (const next of edges(key)) found.add(next);
  return found;
}
