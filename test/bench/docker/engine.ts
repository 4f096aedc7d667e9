// What a person would do with Docker alone: the floor that the figures for containers stand beside.
import { execFile } from "node:child_process";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";
import { watchHost } from "../support/watch-host.ts";

const run = promisify(execFile);
/** A client that has BuildKit built in; newer ones need a plug-in for it. */
const client = process.env["BENCH_DOCKER"] ?? "/usr/bin/docker";
const env = { ...process.env, DOCKER_BUILDKIT: "1" };

export async function docker(...args: string[]): Promise<string> {
  const { stdout } = await run(client, args, { env, maxBuffer: 2 ** 26 });
  return stdout.trim();
}

/** An image as its documentation advises: dependencies first, with the package manager's cache, then the code. */
export function writeDockerfile(folder: string): void {
  writeFileSync(
    join(folder, "Dockerfile.bench"),
    `# syntax-free: no frontend has to be fetched
FROM node:24-slim
WORKDIR /app
COPY package.json package-lock.json ./
RUN --mount=type=cache,target=/root/.npm npm ci --no-audit --no-fund
COPY . .
USER 1000:1000
CMD ["node", "server.js"]
`,
  );
  writeFileSync(join(folder, ".dockerignore"), "node_modules\n.git\nDockerfile.bench\n.dockerignore\n");
}

/** How long a build takes, in ms. */
export async function timeBuild(folder: string, tag: string): Promise<number> {
  const start = performance.now();
  await docker("build", "--quiet", "--file", join(folder, "Dockerfile.bench"), "--tag", tag, folder);
  return performance.now() - start;
}

/** How long `docker run` takes until the app answers with this text, in ms. The container is removed. */
export async function timeRun(tag: string, text: string): Promise<number> {
  const name = `berth-bench-${process.pid}`;
  const start = performance.now();
  const named = ["--detach", "--rm", "--name", name, "--env", "PORT=8080", "--publish", "127.0.0.1::8080"];
  const bounded = ["--memory", "512m", "--cpus", "1", "--read-only", "--cap-drop", "ALL", "--init"];
  await docker("run", ...named, ...bounded, tag);
  const port = Number((await docker("port", name, "8080")).split(":").at(-1));
  const watch = watchHost(port, "127.0.0.1", 1);
  try {
    return (await watch.sees(text)) - start;
  } finally {
    await watch.close();
    await docker("rm", "--force", name);
  }
}

/** How long `docker push` takes, in ms. */
export async function timePush(tag: string): Promise<number> {
  const start = performance.now();
  await docker("push", "--quiet", tag);
  return performance.now() - start;
}
