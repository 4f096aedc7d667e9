import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { freePort, listens } from "../../support/free-port.ts";
import { withChildren } from "../../support/process-usage.ts";
import { startProgram } from "../../support/programs.ts";
import type { StartedContender } from "../contenders.ts";

/** A proxy that is not of this repository, and how it is told what to do. */
export interface ProxyProgram {
  name: string;
  configuration(place: { port: number; upstreamPort: number; folder: string; workers: number }): string;
  /** What it is started with; the configuration is in the file `configuration` of the folder. */
  argv(folder: string): string[];
}

/** Starts a proxy in front of a port, with everything it writes in a temporary folder. */
export async function startProxyProgram(
  { name, configuration, argv }: ProxyProgram,
  upstreamPort: number,
  workers: number,
): Promise<StartedContender> {
  const folder = await mkdtemp(join(tmpdir(), `berth-bench-${name}-`));
  const port = await freePort();
  await writeFile(join(folder, "configuration"), configuration({ port, upstreamPort, folder, workers }));
  const output = join(folder, "output");
  const env = { HOME: folder, XDG_DATA_HOME: folder, XDG_CONFIG_HOME: folder };
  const program = await startProgram(name, argv(folder), { output, env });
  const stop = async () => {
    await program.stop();
    await rm(folder, { recursive: true, force: true });
  };
  if (!(await listens(port))) {
    const said = await readFile(output, "utf8");
    await stop();
    throw new Error(`${name} does not listen:\n${said}`);
  }
  return { port, pids: () => withChildren(program.pid), stop };
}
