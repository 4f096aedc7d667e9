import type { Variables } from "../config/rules.ts";
import { readDocument, type YamlDocument } from "./document.ts";
import { expectations } from "./issues.ts";
import { knownKeys } from "./known-keys.ts";
import { configInvalid, ConfigInvalid, type KeyPath, pathText, positionText, type Problem } from "./problem.ts";
import { berthYamlSchema, type BerthYaml } from "./schema.ts";

/**
 * Reads the text of a berth.yaml. Throws `config.invalid` whose message names the first key that is wrong and what was
 * expected there (`services.web.scale.max: expected a number`); `details` lists all of them with line and column.
 */
export function parseBerthYaml(text: string): BerthYaml {
  return parseDocumentValue(readDocument(text));
}

/** The same of what was read as YAML already. */
export function parseDocumentValue(document: YamlDocument): BerthYaml {
  const result = berthYamlSchema.safeParse(document.value);
  if (result.success) return withPlaces(result.data, document);
  const keys = { at: (path: KeyPath) => knownKeys(berthYamlSchema, path), service: firstService(document.value) };
  const [first, ...rest] = expectations(result.error.issues, keys).map((expectation) => ({
    ...expectation,
    position: document.position(expectation.path),
  }));
  if (first === undefined) throw result.error;
  throw configInvalid([first, ...rest]);
}

/** An error of what a berth.yaml comes to, with the line that it is about. Any other stays as it is. */
export function placeInYaml(error: unknown, text: string): unknown {
  if (!(error instanceof ConfigInvalid)) return error;
  const document = readDocument(text);
  const place = (problem: Problem) => ({ ...problem, position: problem.position ?? document.position(problem.path) });
  const [first, ...rest] = error.problems;
  return configInvalid([place(first), ...rest.map(place)]);
}

function firstService(value: unknown): string {
  const services = typeof value === "object" && value !== null && "services" in value ? value.services : null;
  return (typeof services === "object" && services !== null ? Object.keys(services)[0] : undefined) ?? "web";
}

/** With where each rule of a variable stands, for what is found out later about its value. */
function withPlaces(yaml: BerthYaml, document: YamlDocument): BerthYaml {
  const place = (variables: Variables | undefined, path: KeyPath) => {
    for (const [key, variable] of Object.entries(variables ?? {})) {
      if (typeof variable === "string") continue;
      const position = document.position([...path, key]);
      variable.rule.at = [pathText([...path, key]), ...(position === null ? [] : [positionText(position)])].join(", ");
    }
  };
  place(yaml.env, ["env"]);
  place(yaml.previews?.env, ["previews", "env"]);
  for (const [name, { env }] of Object.entries(yaml.services ?? {})) place(env, ["services", name, "env"]);
  return yaml;
}
