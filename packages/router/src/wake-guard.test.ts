import { expect, it } from "vitest";
import { WakeGuard } from "./wake-guard.ts";

it("lets an app turn up five times in ten minutes, however many pages wait for it", () => {
  const guard = new WakeGuard();
  const allowed = (at: number) => [guard.allows(at), guard.allows(at + 20)];
  for (let turn = 0; turn < 5; turn++) expect(allowed(turn * 10_000)).toEqual([true, true]);
  expect(allowed(50_000)).toEqual([false, false]);
  expect(allowed(700_000)).toEqual([true, true]);
});
