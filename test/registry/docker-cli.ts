import { execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";

const run = promisify(execFile);

/** Docker's own client with logins of its own, as on a laptop. */
export interface DockerCli {
  /** Runs it; what it printed. Throws, with all that it said, where it fails. */
  docker(...args: string[]): Promise<string>;
  /** Runs it and takes its failure as the answer: what it printed and said. */
  failure(...args: string[]): Promise<string>;
  login(host: string, token: string): Promise<string>;
  /** Makes an image of a tar archive. */
  importImage(name: string, archive: Uint8Array): Promise<void>;
  /** Forgets the logins, and removes the images that were named so. */
  remove(host: string): Promise<void>;
}

/** Whether an engine answers that docker's client can be used with; null where it does, else why not. */
export async function missingDocker(): Promise<string | null> {
  try {
    await run("docker", ["version", "--format", "{{.Server.Version}}"], { timeout: 10_000 });
    return null;
  } catch (error) {
    return error instanceof Error ? (error.message.split("\n")[0] ?? "") : String(error);
  }
}

export function makeDockerCli(): DockerCli {
  const folder = mkdtempSync(join(tmpdir(), "berth-docker-"));
  const env = { PATH: process.env["PATH"], HOME: folder, DOCKER_CONFIG: folder };
  const docker = async (...args: string[]) => {
    const { stdout, stderr } = await run("docker", args, { env, maxBuffer: 2 ** 26 });
    return `${stdout}${stderr}`.trim();
  };

  async function withInput(args: string[], input: string | Uint8Array): Promise<string> {
    const child = spawn("docker", args, { env, stdio: ["pipe", "pipe", "pipe"] });
    let output = "";
    for (const stream of [child.stdout, child.stderr]) {
      stream.setEncoding("utf8").on("data", (text: string) => (output += text));
    }
    child.stdin.end(input);
    const [code] = await once(child, "close");
    if (code !== 0) throw new Error(`docker ${args[0]} ended with ${String(code)}: ${output}`);
    return output.trim();
  }

  return {
    docker,
    async failure(...args) {
      const output = await docker(...args).catch((error: Error & { stdout: string; stderr: string }) => {
        return { said: `${error.stdout}${error.stderr}` };
      });
      if (typeof output === "string") throw new Error(`docker ${args.join(" ")} has not failed: ${output}`);
      return output.said;
    },
    login: (host, token) => withInput(["login", host, "--username", "ada", "--password-stdin"], token),
    async importImage(name, archive) {
      await withInput(["import", "-", name], archive);
    },
    async remove(host) {
      const found = await docker("image", "ls", "--quiet", "--filter", `reference=${host}/*/*`, "--no-trunc");
      const more = await docker("image", "ls", "--quiet", "--filter", `reference=${host}/*`, "--no-trunc");
      const ids = [...new Set(`${found}\n${more}`.split("\n").filter((id) => id !== ""))];
      if (ids.length > 0) await docker("image", "rm", "--force", ...ids);
      rmSync(folder, { recursive: true, force: true });
    },
  };
}
