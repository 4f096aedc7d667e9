import { expect, test } from "vitest";
import { resolveReferences } from "./references.ts";

const scope = {
  literal: new Set<string>(),
  secret: new Set<string>(),
  services: { api: "http://127.0.0.1:20001" },
};

test("variables refer to each other and to services", () => {
  const variables = {
    HOST: "db.internal",
    USER: "shop",
    URL: "postgres://${USER}@${HOST}/${NAME}",
    NAME: "${USER}_live",
    API: "${services.api.url}/v1",
    BOTH: "${NAME}${NAME}",
  };
  expect(resolveReferences(variables, scope)).toEqual({
    HOST: "db.internal",
    USER: "shop",
    URL: "postgres://shop@db.internal/shop_live",
    NAME: "shop_live",
    API: "http://127.0.0.1:20001/v1",
    BOTH: "shop_liveshop_live",
  });
});

test.each([
  ["$${NOT}", "${NOT}"],
  ["a$${b}c${A}", "a${b}c1"],
  ["$A $ {A} $", "$A $ {A} $"],
  ["$$${A}", "$${A}"],
])("%s is %s", (text, value) => {
  expect(resolveReferences({ A: "1", TEXT: text }, scope)["TEXT"]).toBe(value);
});

test("what is filled in is not read again, and what is taken as it is, is", () => {
  const literal = new Set(["RAW"]);
  const variables = { RAW: "${A}", A: "1", B: "${RAW}", C: "$${A}", D: "${C}" };
  expect(resolveReferences(variables, { ...scope, literal })).toMatchObject({ RAW: "${A}", B: "${A}", D: "${A}" });
});

test.each([
  [{ A: "${MISSING}" }, "The variable A refers to ${MISSING} that is not there."],
  [{ A: "${services.web.url}" }, "The variable A refers to ${services.web.url} that is not there."],
  [{ A: "${toString}" }, "The variable A refers to ${toString} that is not there."],
  [{ A: "${B" }, "The variable A has a reference without an end."],
  [{ A: "${A}" }, "Variables refer to each other in a circle: A → A."],
  [{ A: "${B}", B: "${C}", C: "x${B}" }, "Variables refer to each other in a circle: B → C → B."],
])("%j is refused", (variables, message) => {
  const resolve = () => resolveReferences(variables as unknown as Record<string, string>, scope);
  expect(resolve).toThrow(expect.objectContaining({ code: "config.invalid", message }));
});

test("an error repeats nothing of what is secret", () => {
  const secret = new Set(["PASSWORD"]);
  const resolve = () => resolveReferences({ PASSWORD: "hun${ter2}" }, { ...scope, secret });
  expect(resolve).toThrow("The variable PASSWORD refers to something that is not there.");
});

const chain = (length: number, text: (next: string) => string) =>
  Object.fromEntries(Array.from({ length }, (_, at) => [`K${at}`, at === length - 1 ? "x" : text(`K${at + 1}`)]));

test.each([
  ["that lead to others without end", chain(10_000, (next) => `\${${next}}`), /^The variable K0 refers to others/],
  [
    "that double each time",
    chain(40, (next) => `\${${next}}\${${next}}`),
    /^The variable K\d+ has more than \d+ bytes/,
  ],
  [
    "of which each is large",
    { BIG: "x".repeat(60_000), ...Object.fromEntries(Array.from({ length: 100 }, (_, at) => [`K${at}`, "${BIG}"])) },
    /^The variables of a service have more than \d+ bytes/,
  ],
])("references %s are refused", (_, variables, message) => {
  const refused = expect.objectContaining({ code: "config.invalid", message: expect.stringMatching(message) });
  expect(() => resolveReferences(variables, scope)).toThrow(refused);
});

test("references may lead over some others", () => {
  expect(
    resolveReferences(
      chain(50, (next) => `\${${next}}`),
      scope,
    )["K0"],
  ).toBe("x");
});
