import { expect, it } from "vitest";
import { makeClosers } from "./closers.ts";

it("ends everything once, in the opposite order, also after one that fails", async () => {
  const ended: string[] = [];
  const closers = makeClosers();
  closers.add(() => void ended.push("first"));
  closers.add(() => Promise.reject(new Error("stuck")));
  closers.add(async () => void ended.push("last"));
  await expect(closers.close()).rejects.toThrow("stuck");
  await closers.close();
  expect(ended).toEqual(["last", "first"]);
});

it("ends something in another way when told so later", async () => {
  const ended: string[] = [];
  const closers = makeClosers();
  closers.add(() => void ended.push("one way")).replace(() => void ended.push("another"));
  await closers.close();
  expect(ended).toEqual(["another"]);
});
