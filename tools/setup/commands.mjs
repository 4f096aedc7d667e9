import { existsSync } from "node:fs";
import { join } from "node:path";
import { spawn } from "node:child_process";
import { SetupError } from "./fail.mjs";
import { serverEnv, serverFlags } from "./server-process.mjs";
import { find } from "./which.mjs";

const all = () => ({ dependencies: true, git: true });

/**
 * What `node tools/run.mjs <name>` does: what it needs first, then the process that does it.
 * Each is started in a process group of its own (see forward.mjs); the server alone decides what becomes of what it
 * started, all others are signalled as a whole.
 */
export const commands = {
  setup: { needs: all, run: () => undefined },
  start: { needs: all, run: (tools, args) => server({ ...tools, env: { ...tools.env, ...serverEnv } }, args) },
  test: { needs: all, wholeGroup: true, run: (tools, args) => script(tools, "tools/test.ts", args) },
  bench: { needs: all, wholeGroup: true, run: (tools, args) => script(tools, "test/bench/main.ts", args) },
  image: { needs: all, wholeGroup: true, run: (tools, args) => script(tools, "tools/image/main.ts", args) },
  // pnpm is what brings the dependencies into order, so it cannot wait for them to be so.
  exec: { needs: ([program]) => ({ dependencies: program !== "pnpm", git: false }), wholeGroup: true, run: exec },
};

function server(tools, args) {
  return script(tools, "apps/server/src/main.ts", args, serverFlags);
}

function script(tools, file, args, more = []) {
  if (!existsSync(join(tools.root, file)))
    throw new SetupError(`${file} is missing`, "is the checkout complete? git status");
  // Releases of Node 24 before 24.12 call the stripping of types experimental at each start.
  const flags = ["--disable-warning=ExperimentalWarning", ...more];
  return spawn(tools.node, [...flags, join(tools.root, file), ...args], options(tools, tools.root));
}

/** `exec tsc -p .`: a program of node_modules/.bin or PATH, or a .ts file of the checkout, with the toolchain first on PATH. */
function exec(tools, [program, ...args]) {
  if (!program) throw new SetupError("exec needs a program", "e.g. node tools/run.mjs exec tsc --noEmit");
  if (/\.[cm]?[jt]s$/.test(program)) return spawn(tools.node, [program, ...args], options(tools, process.cwd()));
  const file = find(program, tools.env.PATH);
  if (!file)
    throw new SetupError(`${program} is neither in node_modules/.bin nor on PATH`, "pnpm ls shows what is installed");
  return spawn(file, args, options(tools, process.cwd(), { ...tools.env, TURBO_TELEMETRY_DISABLED: "1" }));
}

function options(tools, cwd, env = tools.env) {
  return { cwd, env, stdio: "inherit", detached: true };
}
