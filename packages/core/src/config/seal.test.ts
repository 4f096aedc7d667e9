import { randomBytes } from "node:crypto";
import { expect, test } from "vitest";
import { type ConfigKey, makeConfigKey, nonceBytes, openValue, sealValue } from "./seal.ts";

const draw = () => makeConfigKey(randomBytes(32))!;
const place = { app: "shop", id: "vl_1" };
const seal = (key: ConfigKey, plain: string) => sealValue(key, place, plain, randomBytes(nonceBytes));

test.each(["", "hunter2", 'ünï "quoted"\n', "x".repeat(65_536)])("what was sealed is opened", (plain) => {
  const key = draw();
  const value = seal(key, plain);
  expect(value).toMatchObject({ ...place, keyId: key.id });
  expect(openValue([draw(), key], value)).toBe(plain);
});

test("a value is sealed otherwise each time, and shows nothing of what it says", () => {
  const key = draw();
  const [a, b] = [seal(key, "hunter2"), seal(key, "hunter2")];
  expect(a.sealed).not.toBe(b.sealed);
  expect(Buffer.from(a.sealed, "base64url").toString("latin1")).not.toContain("hunter2");
});

test("a value whose key is not there says which key is missing", () => {
  const key = draw();
  const open = () => openValue([draw()], seal(key, "x"));
  expect(open).toThrow(expect.objectContaining({ code: "config.sealed", path: key.id }));
});

test("a value does not open where another is to be, and not where a bit has changed", () => {
  const key = draw();
  const value = seal(key, "hunter2");
  const refused = expect.objectContaining({ code: "config.sealed", path: expect.stringContaining("vl_") });
  expect(() => openValue([key], { ...value, id: "vl_2" })).toThrow(refused);
  expect(() => openValue([key], { ...value, app: "other" })).toThrow(refused);
  const bytes = Buffer.from(value.sealed, "base64url");
  for (let index = 0; index < bytes.length; index += 1) {
    const changed = Buffer.from(bytes);
    changed[index]! ^= 1;
    expect(() => openValue([key], { ...value, sealed: changed.toString("base64url") })).toThrow(refused);
  }
  expect(() => openValue([key], { ...value, sealed: "" })).toThrow(refused);
});

test("a key is 32 bytes, and is known by its bytes", () => {
  expect(makeConfigKey(randomBytes(31))).toBeNull();
  const bytes = randomBytes(32);
  expect(makeConfigKey(bytes)!.id).toBe(makeConfigKey(Buffer.from(bytes))!.id);
});
