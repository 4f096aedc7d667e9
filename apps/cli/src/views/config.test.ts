import { parseDotenv } from "@berth/core/light";
import { expect, test } from "vitest";
import { makeStyle } from "../framework/output.ts";
import { heldLines, settingsTable, settingsText } from "./config.ts";

const setting = { key: "API_KEY", scope: "production", service: null, value: "vl_1", setAt: 0, setBy: "ada" };

test("shows where settings hold and who has set them", () => {
  const drawn = { ...setting, key: "A", setBy: null, service: "web" };
  expect(settingsTable([setting, drawn], 60_000, makeStyle(false))).toBe(
    [
      "KEY      SCOPE       SERVICE  SET        WHO",
      "A        production  web      1 min ago  drawn",
      "API_KEY  production  all      1 min ago  ada",
    ].join("\n"),
  );
});

test("shows values as a file that can be imported again", () => {
  const values = ["plain", "", 'a "b" \\ c', "one\ntwo\t3", "$${NOT} ${A}", "#no comment", "it's"];
  const settings = values.map((value, index) => ({ ...setting, key: `KEY_${index}`, value }));
  const text = settingsText([...settings, { ...setting, key: "OTHER", scope: "previews" }]);
  expect(text).toMatch(/^# production\nKEY_0=plain\n/);
  expect(text).toContain("\n\n# all previews\nOTHER=vl_1");
  expect(Object.values(parseDotenv(text)).slice(0, -1)).toEqual(values);
});

test("says what a rollback holds", () => {
  const held = { environment: "production", service: "web", key: "API_KEY" };
  expect(
    heldLines([
      { ...held, isUnset: false },
      { ...held, service: "api", isUnset: false },
      { ...held, isUnset: true },
    ]),
  ).toEqual([
    "API_KEY of web, api in production stays as it was: what is stored was rolled back; berth config set API_KEY=… decides anew",
    "API_KEY of web in production stays unset: what is stored was rolled back; berth config set API_KEY=… decides anew",
  ]);
});
