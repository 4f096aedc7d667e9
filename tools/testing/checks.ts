import { spawn } from "node:child_process";

const tasks = ["types", "lint", "arrows", "format"].map((name) => `//#check:${name}`);
const output = ["--continue=always", "--output-logs=errors-only", "--log-order=grouped", "--log-prefix=none"];

/** Runs the checks through turbo, which skips those whose inputs are as they were when they last succeeded. */
export function runChecks(): Promise<boolean> {
  const env = { ...process.env, TURBO_TELEMETRY_DISABLED: "1" };
  const child = spawn("turbo", ["run", ...tasks, ...output], { stdio: ["ignore", "inherit", "inherit"], env });
  return new Promise((resolve, reject) => {
    child.once("error", reject);
    child.once("exit", (code) => resolve(code === 0));
  });
}
