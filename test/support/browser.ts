// A real browser: Chromium as the machine has it, driven by playwright-core.
import { existsSync } from "node:fs";
import { delimiter, join } from "node:path";
import { type Browser, chromium } from "playwright-core";

const names = ["chromium", "chromium-browser", "google-chrome"];

const program = (process.env["PATH"] ?? "")
  .split(delimiter)
  .flatMap((folder) => names.map((name) => join(folder, name)))
  .find((path) => existsSync(path));

/** Whether there is one, and what to do where not. */
export const browser = {
  isThere: program !== undefined,
  reason: `none of ${names.join(", ")} is on PATH: on Debian, apt-get install chromium`,
};

/** Starts it without a window. Root, as whom CI runs, has no sandbox to run it in. */
export function openBrowser(): Promise<Browser> {
  return chromium.launch({ executablePath: program!, chromiumSandbox: process.getuid?.() !== 0 });
}
