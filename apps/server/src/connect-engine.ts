import type { Engine } from "@berth/docker";

/** Connects to the engine that DOCKER_HOST names; `local`: one on another machine is refused. What speaks to it is loaded here. */
export async function connectEngine({ local }: { local: boolean }): Promise<Engine> {
  const docker = await import("@berth/docker");
  return await docker.connectEngine({ host: process.env["DOCKER_HOST"], local });
}
