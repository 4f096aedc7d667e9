import { existsSync } from "node:fs";
import { expect, test } from "vitest";
import { supportFiles } from "./support.ts";

test("the static server's bundle holds the server, and what it imports with it", () => {
  const files = supportFiles("static-server");
  const paths = files.map(({ path }) => path);
  expect(paths).toEqual(paths.toSorted());
  expect(paths).toEqual(
    expect.arrayContaining([
      "static-server/server.mjs",
      "static-server/site.mjs",
      "static-server/node_modules/@polka/url/package.json",
      "static-server/node_modules/mrmime/package.json",
      "static-server/node_modules/sirv/package.json",
      "static-server/node_modules/totalist/package.json",
    ]),
  );
  expect(files.filter(({ file }) => !existsSync(file))).toEqual([]);
});

test("there is no other bundle", () => {
  expect(() => supportFiles("nonsense")).toThrow('There is no support bundle called "nonsense".');
});
