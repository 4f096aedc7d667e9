import { closeSync, openSync } from "node:fs";
import { expect, it, onTestFinished } from "vitest";
import { mayHaveInput } from "./may-have-input.ts";

function open(path: string): number {
  const fd = openSync(path, "r");
  onTestFinished(() => closeSync(fd));
  return fd;
}

it("comes from terminals and files, and not from what is closed or has nothing", () => {
  expect(mayHaveInput({ isTTY: true }, open("/dev/null"))).toBe(true);
  expect(mayHaveInput({}, open(import.meta.filename))).toBe(true);
  expect(mayHaveInput({}, open("/dev/null"))).toBe(false);
  expect(mayHaveInput({}, 9_999)).toBe(false);
});
