// Makes the image of Berth itself by Berth's own assembler, and pushes it, or writes it as an OCI layout. See docs/install.md.
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { openRegistries } from "../../apps/server/src/images/registries.ts";
import { readGlibc, readPlatform } from "../../packages/builders/src/index.ts";
import {
  BerthError,
  quietLog,
  sizeText,
  systemClock,
  systemRandom,
  toBerthError,
} from "../../packages/core/src/index.ts";
import { openImages, readBootId } from "../../packages/images/src/index.ts";
import { withLock } from "../setup/lock.mjs";
import { root, toolsDir } from "../setup/paths.mjs";
import { find } from "../setup/which.mjs";
import { findGit, type HostFiles } from "./git-program.ts";
import { makeOwnImage } from "./make-image.ts";
import { imageUsage, readImageOptions, type ImageOptions } from "./options.ts";
import { writeLayout } from "./write-layout.ts";

const home = join(toolsDir, "image");
/** What was not used for so long is fetched or made again. */
const keptMs = 24 * 3_600_000;
const say = (line: string) => void process.stderr.write(`${line}\n`);

async function make(options: ImageOptions): Promise<string> {
  const images = await openImages({
    home,
    clock: systemClock,
    random: systemRandom,
    log: quietLog,
    bootId: await readBootId(),
  });
  const platform = { os: "linux", architecture: options.architecture, libc: "glibc" } as const;
  const registries = openRegistries({
    home,
    images,
    settings: { mirrors: process.env["BERTH_MIRRORS"] ?? "", registry: options.push },
    env: process.env,
    platform,
    clock: systemClock,
    random: systemRandom,
    log: quietLog,
  });
  try {
    const base = await registries.openBase({ image: options.base, digest: null });
    say(`base   ${base.image}@${base.digest}`);
    const git = options.git === "base" ? null : gitFor(base);
    const { digest, sizeBytes } = await makeOwnImage(images, { root, draft: join(home, "draft"), base, git });
    say(`image  ${digest}  ${sizeText(sizeBytes)}`);
    await images.collect({ images: [digest], layers: [base.digest] }, keptMs);
    if (options.push === null) {
      await writeLayout(images, digest, options.output);
      return options.output;
    }
    const tags = [digest.slice("sha256:".length, "sha256:".length + 12)];
    const name = await registries.publish({ app: "berth", digest, tags }, say, new AbortController().signal);
    return name ?? digest;
  } finally {
    registries.close();
    await images.close();
  }
}

/** Git of this machine, where it runs on the base. */
function gitFor(base: { image: string; glibc: string | null }): HostFiles {
  const glibc = readGlibc();
  const hint = "Take a base that has git itself: npm run image -- --base node:24 --git base";
  const fail = (why: string) => new BerthError("base.unfit", why, { path: base.image, hint });
  const program = find("git");
  if (program === undefined) throw fail("git is not installed on this machine.");
  if (glibc === null) throw fail("Git of this machine is not made for Linux with glibc.");
  if (base.glibc === null || base.glibc.localeCompare(glibc, "en", { numeric: true }) < 0)
    throw fail(`Git of this machine needs glibc ${glibc}, and the base has ${base.glibc ?? "none"}.`);
  return findGit(program);
}

try {
  const machine = { architecture: readPlatform().architecture, output: join(home, "layout") };
  const options = readImageOptions(process.argv.slice(2), machine);
  mkdirSync(home, { recursive: true });
  if (options === null) process.stdout.write(`${imageUsage}\n`);
  // What is kept there belongs to one at a time.
  else process.stdout.write(`${await withLock(join(home, "lock"), () => make(options))}\n`);
} catch (thrown) {
  const error = toBerthError(thrown);
  say(`error: ${error.message}${error.path === undefined ? "" : `\nat:    ${error.path}`}`);
  for (const line of error.details) say(`       ${line}`);
  if (error.hint !== undefined) say(`hint:  ${error.hint}`);
  process.exitCode = 1;
}
