import { z } from "zod";
import { keyHelp } from "./key-help.ts";
import { berthYamlSchema } from "./schema.ts";
import { type JsonSchema, writtenOf } from "./written.ts";

/**
 * berth.yaml as JSON Schema (draft 7, which editors know), made from what the server reads it with. It takes nothing that the server refuses for
 * its type or an unknown key; what only code can tell, such as whether a schedule is ever due, it lets through. Of a key without a value,
 * which the server takes as absent, it warns.
 */
export function makeBerthYamlJsonSchema(): JsonSchema {
  const { $schema, ...schema } = z.toJSONSchema(berthYamlSchema, {
    io: "input",
    target: "draft-7",
    reused: "inline",
    override({ zodSchema, jsonSchema }) {
      const written = writtenOf(zodSchema);
      if (written === undefined) return;
      if ("besides" in written) return void Object.assign(jsonSchema, written.besides);
      for (const key of Object.keys(jsonSchema)) delete jsonSchema[key];
      Object.assign(jsonSchema, written.instead);
    },
  });
  return { $schema, title: "berth.yaml", ...withHelp(schema as Node, "") };
}

interface Node {
  properties?: Record<string, Node>;
  additionalProperties?: Node | boolean;
  anyOf?: Node[];
  description?: string;
}

/** With what each key means. Of what has alternatives, keys of any of them. */
function withHelp(node: Node, path: string): Node {
  const below = (key: string) => (path === "" ? key : `${path}.${key}`);
  const { properties, additionalProperties, anyOf } = node;
  const help = keyHelp[path];
  return {
    ...(help !== undefined && { description: help }),
    ...node,
    ...(properties !== undefined && {
      properties: Object.fromEntries(
        Object.entries(properties).map(([key, member]) => [key, withHelp(member, below(key))]),
      ),
    }),
    ...(typeof additionalProperties === "object" && {
      additionalProperties: withHelp(additionalProperties, below("*")),
    }),
    ...(anyOf !== undefined && { anyOf: anyOf.map((one) => withoutOwnHelp(withHelp(one, path))) }),
  };
}

/** An alternative is described with what it is one of. */
function withoutOwnHelp({ description: _, ...node }: Node): Node {
  return node;
}
