import type { KubeObject } from "@berth/cluster";
import { Document, Scalar, visit } from "yaml";

/** Begins like a number, which YAML 1.1 and 1.2 read differently. */
const likeNumber = /^[\d.+-]/;

/** Objects as YAML that kubectl reads, each a document. What only looks like a number, a date or a truth value is quoted. */
export function renderYaml(objects: readonly KubeObject[]): string {
  return objects.map(renderObject).join("---\n");
}

function renderObject(object: KubeObject): string {
  // kubectl reads YAML 1.1, in which `yes` and `on` are no text.
  const document = new Document(object, { version: "1.1", aliasDuplicateObjects: false });
  visit(document, {
    Scalar(_, scalar) {
      if (typeof scalar.value === "string" && likeNumber.test(scalar.value)) scalar.type = Scalar.QUOTE_DOUBLE;
    },
  });
  document.directives = undefined as never;
  return document.toString({ lineWidth: 0 });
}
