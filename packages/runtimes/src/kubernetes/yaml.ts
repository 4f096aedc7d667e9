import type { KubeObject } from "@berth/cluster";
import { Document, Scalar, visit } from "yaml";

/** A number, a date or a time to one of the versions of YAML, which do not agree on it: `0o17`, `1_000`, `1e3`, `12:30`. */
const likeNumber = /^[-+.]?\d[\w.:+-]*$/;
/** Quantities are text to all of them. */
const quantity = /^\d+(m|[KMG]i)$/;

/** Objects as YAML that kubectl reads, each a document. What only looks like a number, a date or a truth value is quoted. */
export function renderYaml(objects: readonly KubeObject[]): string {
  return objects.map(renderObject).join("---\n");
}

function renderObject(object: KubeObject): string {
  // kubectl reads YAML 1.1, in which `yes` and `on` are no text.
  const document = new Document(object, { version: "1.1", aliasDuplicateObjects: false });
  visit(document, {
    Scalar(_, scalar) {
      const { value } = scalar;
      if (typeof value === "string" && likeNumber.test(value) && !quantity.test(value))
        scalar.type = Scalar.QUOTE_DOUBLE;
    },
  });
  document.directives = undefined as never;
  return document.toString({ lineWidth: 0 });
}
