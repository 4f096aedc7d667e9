import { spawn } from "node:child_process";

/** Shows a URL in the person's browser; false where no program for that could be started. */
export function showInBrowser(url: string, env: Readonly<Record<string, string | undefined>>): Promise<boolean> {
  const program = process.platform === "darwin" ? "open" : "xdg-open";
  return new Promise((resolve) => {
    const child = spawn(program, [url], { env: { ...env }, stdio: "ignore", detached: true });
    child.on("error", () => resolve(false));
    child.on("spawn", () => {
      child.unref();
      resolve(true);
    });
  });
}
