import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import type { Violation } from "./violation.ts";

const rule = "pnpm-lock.yaml names packages by version and integrity only, so that it installs from any registry";

/** Lines of the lockfile that tie it to one registry or host. */
export function checkLockfile(root: string): Violation[] {
  const file = "pnpm-lock.yaml";
  if (!existsSync(join(root, file))) return [];
  return readFileSync(join(root, file), "utf8")
    .split("\n")
    .flatMap((text, index) =>
      /https?:\/\/|\btarball:|\bregistry:|\bresolved\b/.test(text)
        ? [{ file, line: index + 1, what: text.trim(), rule }]
        : [],
    );
}
