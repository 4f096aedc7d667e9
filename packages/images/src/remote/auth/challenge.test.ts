import { expect, test } from "vitest";
import { parseChallenges } from "./challenge.ts";

test.each([
  [undefined, []],
  ["", []],
  ['Basic realm="x"', [{ scheme: "basic", parameters: { realm: "x" } }]],
  [
    'Bearer realm="https://auth.example/token",service="registry.example",scope="repository:a/b:pull,push"',
    [
      {
        scheme: "bearer",
        parameters: {
          realm: "https://auth.example/token",
          service: "registry.example",
          scope: "repository:a/b:pull,push",
        },
      },
    ],
  ],
  // Node.js joins headers of the same name by a comma.
  [
    'Negotiate, bearer Realm = "a, \\"b\\"" , error=invalid_token, Basic',
    [
      { scheme: "negotiate", parameters: {} },
      { scheme: "bearer", parameters: { realm: 'a, "b"', error: "invalid_token" } },
      { scheme: "basic", parameters: {} },
    ],
  ],
  ["Bearer \u0001", [{ scheme: "bearer", parameters: {} }]],
])("%j is read as %j", (header, expected) => {
  expect(parseChallenges(header)).toEqual(expected);
});
