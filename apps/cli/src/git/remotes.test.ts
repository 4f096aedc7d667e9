import { expect, test } from "vitest";
import { parseAppUrl } from "./remotes.ts";

test.each([
  ["http://localhost:4000/shop.git", { origin: "http://localhost:4000", app: "shop" }],
  ["https://ada@berth.example.com/my-shop.git/", { origin: "https://berth.example.com", app: "my-shop" }],
  ["https://github.com/ada/shop.git", null],
  ["git@github.com:ada/shop.git", null],
  ["ssh://git@localhost/shop.git", null],
  ["../shop.git", null],
  ["http://localhost:4000/shop", null],
])("the remote %s is %j", (url, app) => {
  expect(parseAppUrl(url)).toEqual(app);
});
