import { describe, expect, test } from "vitest";
import { readSettings } from "./settings.ts";

describe("settings", () => {
  const read = (env: Record<string, string>) => readSettings({ HOME: "/home/ada", ...env }, "/srv/checkout", "linux");

  test("keep tokens in the home folder, or in BERTH_HOME", () => {
    expect(read({}).clientFolder).toBe("/home/ada/.berth/client");
    expect(read({ BERTH_HOME: "" }).clientFolder).toBe("/home/ada/.berth/client");
    expect(read({ BERTH_HOME: "/srv/berth" }).clientFolder).toBe("/srv/berth/client");
    expect(read({ BERTH_HOME: "state" }).clientFolder).toBe("/srv/checkout/state/client");
  });

  test("leave colours to the terminal unless the person says otherwise", () => {
    expect(read({}).colours).toBe(null);
    expect(read({ NO_COLOR: "1" }).colours).toBe(false);
    expect(read({ NO_COLOR: "" }).colours).toBe(null);
    expect(read({ TERM: "dumb" }).colours).toBe(false);
    expect(read({ FORCE_COLOR: "1", NO_COLOR: "1" }).colours).toBe(true);
    expect(read({ FORCE_COLOR: "0" }).colours).toBe(false);
  });

  test("know whether a browser could be shown", () => {
    expect(read({}).hasDisplay).toBe(false);
    expect(read({ DISPLAY: ":0" }).hasDisplay).toBe(true);
    expect(readSettings({}, "/", "darwin").hasDisplay).toBe(true);
  });
});
