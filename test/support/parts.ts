// Which real parts this machine has. Each is asked once for a test file, before its suites are made.
import { request } from "node:http";

const askTimeoutMs = 3_000;
const engineSocket = "/var/run/docker.sock";

/** The registry that base images for tests are in. */
export const registryUrl = "http://127.0.0.1:5055";
/** Base images come from there. */
export const mirrors = `docker.io=${registryUrl}`;

/** Whether a Docker engine answers on the usual socket. */
export function hasEngine(): Promise<boolean> {
  return new Promise((resolve) => {
    const asked = request({ socketPath: engineSocket, path: "/_ping", timeout: askTimeoutMs }, (answer) => {
      answer.resume();
      resolve(answer.statusCode === 200);
    });
    asked.on("timeout", () => asked.destroy());
    asked.on("error", () => resolve(false)).end();
  });
}

/** Whether the registry of base images answers, with the image that most tests stand on. */
export async function hasRegistry(): Promise<boolean> {
  const signal = AbortSignal.timeout(askTimeoutMs);
  const answer = await fetch(`${registryUrl}/v2/library/node/tags/list`, { signal }).catch(() => null);
  const text = await answer?.text();
  return text?.includes('"24-slim"') ?? false;
}

/** Both, and what to do where one is missing. */
export async function hasDocker(): Promise<{ isThere: boolean; reason: string }> {
  const [engine, registry] = await Promise.all([hasEngine(), hasRegistry()]);
  const reason = engine
    ? `no registry with node:24-slim on ${registryUrl}`
    : `no Docker engine answers on ${engineSocket}`;
  return { isThere: engine && registry, reason };
}
