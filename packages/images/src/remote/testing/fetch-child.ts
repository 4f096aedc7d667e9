import { quietLog, systemClock, systemRandom } from "@berth/core";
import type { Digest } from "@berth/core";
import { parseMirrors } from "../places/mirrors.ts";
import { openRemote } from "../remote.ts";
import { openLayout } from "./layout.ts";

// Fetches a base into the home it is given, until it has it or is killed.
const [home = "", image = "", digest = ""] = process.argv.slice(2);
const remote = openRemote({
  home,
  images: await openLayout(home),
  mirrors: parseMirrors(""),
  docker: { folder: home, path: "", env: {} },
  proxyEnv: {},
  clock: systemClock,
  random: systemRandom,
  log: quietLog,
});
const platform = { os: "linux", architecture: "amd64", libc: null };
await remote.fetchBase({ image, digest: digest as Digest }, platform, { signal: new AbortController().signal });
