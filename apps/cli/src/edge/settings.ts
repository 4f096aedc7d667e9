import { homedir } from "node:os";
import { join, resolve } from "node:path";

/** What the CLI takes from its environment, read once. */
export interface Settings {
  /** Where tokens and deploy folders are kept: `client` in BERTH_HOME. */
  clientFolder: string;
  homeFolder: string;
  cwd: string;
  /** False where the person wants none; null to go by the terminal. */
  colours: boolean | null;
  /** Whether a browser could be shown. */
  hasDisplay: boolean;
  /** BERTH_DEBUG: show where an unexpected error came from. */
  debug: boolean;
  /** For the programs it starts (git, a browser). */
  env: Readonly<Record<string, string | undefined>>;
}

export function readSettings(env: Settings["env"], cwd: string, platform: NodeJS.Platform): Settings {
  const homeFolder = env["HOME"] || homedir();
  return {
    clientFolder: join(resolve(cwd, env["BERTH_HOME"] || join(homeFolder, ".berth")), "client"),
    homeFolder,
    cwd,
    colours: readColours(env),
    hasDisplay: platform === "darwin" || Boolean(env["DISPLAY"] || env["WAYLAND_DISPLAY"]),
    debug: Boolean(env["BERTH_DEBUG"]),
    env,
  };
}

/** FORCE_COLOR, NO_COLOR (https://no-color.org) and TERM=dumb. */
function readColours(env: Settings["env"]): boolean | null {
  if (env["FORCE_COLOR"] !== undefined) return env["FORCE_COLOR"] !== "0" && env["FORCE_COLOR"] !== "false";
  return env["NO_COLOR"] || env["TERM"] === "dumb" ? false : null;
}
