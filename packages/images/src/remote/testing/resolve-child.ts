import { BerthError, quietLog, systemClock, systemRandom } from "@berth/core";
import { parseMirrors } from "../places/mirrors.ts";
import { openRemote } from "../remote.ts";
import { openLayout } from "./layout.ts";

// Prints what a name stands for, or the code of the error.
const [home = "", mirrors = "", image = ""] = process.argv.slice(2);
const remote = openRemote({
  home,
  images: await openLayout(home),
  mirrors: parseMirrors(mirrors),
  docker: { folder: home, path: "", env: {} },
  proxyEnv: {},
  clock: systemClock,
  random: systemRandom,
  log: quietLog,
});
try {
  console.log(await remote.resolve(image, new AbortController().signal));
} catch (error) {
  if (!(error instanceof BerthError)) throw error;
  console.log(error.code);
}
remote.close();
