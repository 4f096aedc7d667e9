import { execFile } from "node:child_process";
import { promisify } from "node:util";

const run = promisify(execFile);

/** What `docker inspect` says of a container, as far as tests look. */
export interface Container {
  Id: string;
  Config: { User: string; Env: string[]; Labels: Record<string, string> };
  HostConfig: {
    ReadonlyRootfs: boolean;
    CapDrop: string[] | null;
    Privileged: boolean;
    SecurityOpt: string[] | null;
    Memory: number;
    PidsLimit: number | null;
  };
  NetworkSettings: { Ports: Record<string, { HostIp: string; HostPort: string }[] | null> };
  State: { Running: boolean };
}

/** Runs docker's own client. */
export async function docker(...args: string[]): Promise<string> {
  return (await run("docker", args, { maxBuffer: 2 ** 26 })).stdout.trim();
}

/** The running containers of an app. Its name has to be its own among all tests, for the engine is everyone's. */
export async function containersOf(app: string): Promise<Container[]> {
  const ids = await docker("ps", "--quiet", "--no-trunc", "--filter", `label=dev.berth.app=${app}`);
  if (ids === "") return [];
  const found: Container[] = JSON.parse(await docker("inspect", ...ids.split("\n")));
  return found.sort((a, b) => (a.Id < b.Id ? -1 : 1));
}
