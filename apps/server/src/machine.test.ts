import { expect, test } from "vitest";
import { withoutScripts } from "./machine.ts";

test("builds find what is on PATH, and not what npm puts there for the scripts of the checkout", () => {
  const npm = "/usr/lib/node_modules/npm/node_modules/@npmcli/run-script/lib/node-gyp-bin";
  const path = `/berth/.tools/node/bin:/berth/node_modules/.bin:/node_modules/.bin:${npm}:/home/ada/bin:/usr/bin:/bin`;
  expect(withoutScripts(path)).toBe("/berth/.tools/node/bin:/home/ada/bin:/usr/bin:/bin");
  expect(withoutScripts("/usr/lib/node_modules/.bin-of-mine:/bin")).toBe("/usr/lib/node_modules/.bin-of-mine:/bin");
});
