import { neighboursIn } from "../config/references.ts";
import type { Variables } from "../config/rules.ts";
import type { ServiceSpec } from "../service.ts";
import { readDocument, type YamlDocument } from "./document.ts";
import { parseDocumentValue } from "./parse.ts";
import { ConfigInvalid, configInvalid, type KeyPath, type Problem } from "./problem.ts";
import { resolvePreviews } from "./previews.ts";
import { checkRoutes, defaultRoutes, resolveRelease } from "./resolve.ts";
import type { BerthYaml } from "./schema.ts";

type Routed = Pick<ServiceSpec, "name" | "routes">;

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
function checkTogether(yaml: BerthYaml): void {
  const { services = {}, release, previews } = yaml;
  const declared = Object.entries(services);
  if (declared.length === 0) return;
  const isOnly = declared.length === 1;
  const routed = declared.map(([name, yaml]) => ({ name, routes: yaml.routes ?? defaultRoutes(name, yaml, isOnly) }));
  checkRoutes(routed);
  resolvePreviews(previews, routed, resolveRelease(release, routed));
  checkNeighbours(yaml, routed);
}

/** Throws `config.invalid` where a variable refers to the address of a service that nobody reaches. */
function checkNeighbours({ env = {}, services = {}, previews }: BerthYaml, routed: readonly Routed[]): void {
  const reached = routed
    .filter(({ name, routes }) => routes.length > 0 || services[name]?.health !== undefined)
    .map(({ name }) => name);
  const places: [KeyPath, Variables][] = [
    [["env"], env],
    ...Object.entries(services).map(([name, service]): [KeyPath, Variables] => [
      ["services", name, "env"],
      service.env ?? {},
    ]),
    [["previews", "env"], previews?.env ?? {}],
  ];
  const problems = places.flatMap(([path, variables]) =>
    Object.entries(variables).flatMap(([key, variable]) => {
      const text = (typeof variable === "string" ? variable : variable.value) ?? "";
      return neighboursIn(text)
        .filter((name) => !reached.includes(name))
        .map((name): Problem => {
          const message = `expected \${services.….url} of a service that takes requests (${reached.join(", ") || "none"}), and not of ${name}`;
          return { path: [...path, key], message, position: null };
        });
    }),
  );
  const [first, ...others] = problems;
  if (first !== undefined) throw configInvalid([first, ...others]);
}

function offsetOf({ position }: Problem): number {
  return position === null ? 0 : position.line * 1e6 + position.column;
}
