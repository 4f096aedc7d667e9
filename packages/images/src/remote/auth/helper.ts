import { spawn } from "node:child_process";
import { BerthError, hasCode } from "@berth/core";
import type { Clock } from "@berth/core";
import { later } from "../http/later.ts";
import { isRecord } from "../http/refusal.ts";
import type { Login } from "./docker-config.ts";

export interface HelperDeps {
  clock: Clock;
  /** Where programs are searched, as PATH says it. */
  path: string;
  /** The environment of the programs, such as HOME; PATH apart. */
  env: Readonly<Record<string, string>>;
  helperMs: number;
}

const namePattern = /^[\w.-]+$/;
const longestOutput = 64 * 1024;

/**
 * Asks a credential helper, a program `docker-credential-<name>`, for the login of a server: null where it has none. Source:
 * docker-credential-helpers. Throws `settings.invalid` where it cannot be run, fails, or takes longer than it may.
 */
export async function askHelper(
  deps: HelperDeps,
  name: string,
  server: string,
  signal: AbortSignal,
): Promise<Login | null> {
  if (!namePattern.test(name)) throw failed(name, server, "has a name that no program can have");
  const program = `docker-credential-${name}`;
  const { output, problems, exit } = await run(deps, program, server, signal);
  // By convention a login that is not there is told on the standard output.
  if (exit !== 0 && /credentials not found|no credentials server URL/i.test(output)) return null;
  const said = (problems.trim() || output.trim()).split("\n", 1)[0] ?? "";
  if (exit !== 0) throw failed(program, server, `exited with ${exit}${said === "" ? "" : `: ${said.slice(0, 200)}`}`);
  return readOutput(program, server, output);
}

function readOutput(program: string, server: string, output: string): Login | null {
  let parsed: unknown;
  try {
    parsed = JSON.parse(output);
  } catch {
    throw failed(program, server, "printed something else than JSON");
  }
  const { Username: username, Secret: secret } = isRecord(parsed) ? parsed : {};
  if (typeof secret !== "string" || typeof username !== "string")
    throw failed(program, server, "printed no Username and Secret");
  if (secret === "") return null;
  return username === "<token>"
    ? { kind: "identity", token: secret }
    : { kind: "password", username, password: secret };
}

interface Ended {
  output: string;
  problems: string;
  exit: number | string;
}

async function run(deps: HelperDeps, program: string, server: string, signal: AbortSignal): Promise<Ended> {
  const child = spawn(program, ["get"], {
    env: { ...deps.env, PATH: deps.path },
    stdio: ["pipe", "pipe", "pipe"],
    // A group of its own, so that what it starts ends with it.
    detached: true,
  });
  const texts = { output: "", problems: "" };
  const keep = (key: keyof typeof texts) => (chunk: string) => {
    if (texts[key].length < longestOutput) texts[key] += chunk;
  };
  child.stdout.setEncoding("utf8").on("data", keep("output"));
  child.stderr.setEncoding("utf8").on("data", keep("problems"));
  child.stdin.on("error", () => {});
  child.stdin.end(server);
  const kill = () => {
    if (child.pid === undefined) return;
    try {
      process.kill(-child.pid, "SIGKILL");
    } catch (error) {
      if (!hasCode(error, "ESRCH")) throw error;
    }
  };
  let late = false;
  const cancel = later(deps.clock, deps.helperMs, () => {
    late = true;
    kill();
  });
  signal.addEventListener("abort", kill);
  try {
    const exit = await new Promise<number | string>((resolve, reject) => {
      child.on("error", reject);
      child.on("close", (code, killedBy) => resolve(code ?? killedBy ?? "nothing"));
    });
    signal.throwIfAborted();
    if (late) throw failed(program, server, `did not answer within ${deps.helperMs / 1000} s`);
    return { ...texts, exit };
  } catch (error) {
    if (hasCode(error, "ENOENT")) throw failed(program, server, "is not in the PATH of Berth's server");
    if (hasCode(error, "EACCES")) throw failed(program, server, "may not be run");
    throw error;
  } finally {
    cancel();
    signal.removeEventListener("abort", kill);
  }
}

function failed(program: string, server: string, why: string): BerthError {
  return new BerthError("settings.invalid", `The credential helper ${program} ${why}.`, {
    path: program,
    hint: `Docker's config.json names it for ${server}: \`echo ${server} | ${program} get\` shows what it says to the user that runs Berth.`,
  });
}
