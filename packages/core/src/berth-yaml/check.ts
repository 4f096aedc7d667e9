import { readDocument, type YamlDocument } from "./document.ts";
import { parseDocumentValue } from "./parse.ts";
import { ConfigInvalid, type Problem } from "./problem.ts";
import { resolvePreviews } from "./previews.ts";
import { checkRoutes, defaultRoutes, resolveRelease } from "./resolve.ts";
import type { BerthYaml } from "./schema.ts";

/** All that is wrong in the text of a berth.yaml, in the order of the file, as far as it can be told without the sources beside it. */
export function checkBerthYaml(text: string): Problem[] {
  let document: YamlDocument | null = null;
  try {
    document = readDocument(text);
    checkTogether(parseDocumentValue(document));
    return [];
  } catch (thrown) {
    if (!(thrown instanceof ConfigInvalid)) throw thrown;
    return thrown.problems
      .map((problem) => ({ ...problem, position: problem.position ?? document?.position(problem.path) ?? null }))
      .toSorted((a, b) => offsetOf(a) - offsetOf(b));
  }
}

/** What services say of each other. Without any, what they are is not known here. */
function checkTogether({ services = {}, release, previews }: BerthYaml): void {
  const declared = Object.entries(services);
  if (declared.length === 0) return;
  const isOnly = declared.length === 1;
  const routed = declared.map(([name, yaml]) => ({ name, routes: yaml.routes ?? defaultRoutes(name, yaml, isOnly) }));
  checkRoutes(routed);
  resolvePreviews(previews, routed, resolveRelease(release, routed));
}

function offsetOf({ position }: Problem): number {
  return position === null ? 0 : position.line * 1e6 + position.column;
}
