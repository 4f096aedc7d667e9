import { expect, test } from "vitest";
import { parse } from "yaml";
import { renderYaml } from "./yaml.ts";

const texts =
  "yes on Off y NO null ~ true 0o17 017 1_000 1e3 0x1F 12:30:00 2001-01-01 .5 -1 +1 .inf 1.0 0b1 512Mi - a:b #c";

test.each(["1.1", "1.2"] as const)("text stays text to YAML %s, as a value and as a key", (version) => {
  const data = Object.fromEntries(
    [...texts.split(" "), "a b ", "two\nlines", "", "'\"", "°"].map((text) => [text, text]),
  );
  const object = { apiVersion: "v1", kind: "ConfigMap", metadata: { name: "a" }, data };
  expect(parse(renderYaml([object]), { version })).toEqual(object);
});

test("each object is a document, without aliases", () => {
  const labels = { a: "b" };
  const object = { apiVersion: "v1", kind: "Namespace", metadata: { name: "a", labels, annotations: labels } };
  const one = "apiVersion: v1\nkind: Namespace\nmetadata:\n  name: a\n  labels:\n    a: b\n  annotations:\n    a: b\n";
  expect(renderYaml([object, object])).toBe(`${one}---\n${one}`);
});
