import { expect, it } from "vitest";
import { isNamedUser, isRoot, numericUser } from "./user.ts";

const accounts = {
  passwd: "root:x:0:0:root:/root:/bin/sh\nnode:x:1000:1001::/home/node:/bin/sh\nwww:x:33:33::/:/none\n",
  group: "root:x:0:\nstaff:x:50:\n",
};

it.each([
  ["", "1000:1000"],
  ["root", "1000:1000"],
  ["0", "1000:1000"],
  ["0:0", "1000:1000"],
  ["toor", "1000:1000"],
  ["node", "1000:1001"],
  ["node:staff", "1000:50"],
  ["www:1234", "33:1234"],
  ["33", "33:33"],
  ["4711", "4711:4711"],
  ["4711:4712", "4711:4712"],
])("runs %j as %s", (user, expected) => {
  expect(numericUser(user, accounts)).toBe(expected);
});

it("looks names up, and no numbers", () => {
  expect(["", "0", "1:2", "node", "node:node", "1000:staff"].map(isNamedUser)).toEqual([
    false,
    false,
    false,
    true,
    true,
    true,
  ]);
});

it("is root where an image says so, or nothing", () => {
  expect(["", "0", "root", "0:0", "root:staff"].map(isRoot)).toEqual([true, true, true, true, true]);
  expect(["node", "1", "rooted", "1000:0"].map(isRoot)).toEqual([false, false, false, false]);
});
