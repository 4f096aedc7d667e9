import { expect, it } from "vitest";
import { parseSettingsFile } from "./settings-file.ts";

it("reads lines of settings, and passes over what says nothing", () => {
  const text = "# for our mirror\n\nBERTH_MIRRORS=docker.io=http://mirror:5000\r\n  BERTH_LOG=info  \n";
  expect(parseSettingsFile(text, "settings")).toEqual({
    BERTH_MIRRORS: "docker.io=http://mirror:5000",
    BERTH_LOG: "info",
  });
});

it.each([
  ["BERTH_LOG", "A line is no setting."],
  ["BERTH_LOG=info\nBERTH_URL=http://x", "BERTH_URL is decided by the installation."],
  ["BERTH_HOME=/srv", "BERTH_HOME is decided by the installation."],
])("refuses %j", (text, why) => {
  expect(() => parseSettingsFile(text, "settings")).toThrow(why);
});
