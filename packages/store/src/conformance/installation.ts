import { expect, test } from "vitest";
import type { Given } from "./suite.ts";

export function testInstallation(given: Given): void {
  test("a value is made once and kept", async () => {
    const make = (value: string) => given.store.installation.getOrMake("key", () => value);
    expect(await Promise.all([make("first"), make("second")])).toEqual(["first", "first"]);
    await given.reopen();
    expect(await make("third")).toBe("first");
    expect(await given.store.installation.get("key")).toBe("first");
  });

  test("a value can be put and changed, and is null before", async () => {
    expect(await given.store.installation.get("mark")).toBeNull();
    await given.store.installation.put("mark", "1");
    await given.store.installation.put("mark", "2");
    expect(await given.store.installation.get("mark")).toBe("2");
  });
}
