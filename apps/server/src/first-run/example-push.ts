import { spawn } from "node:child_process";
import { cp, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

export interface ExamplePush {
  /** The folder of the example in the checkout. */
  folder: string;
  /** The repository to push to, such as `http://localhost:4000/hello.git`. */
  url: string;
  token: string;
  /** Where programs are found. */
  path: string;
  /** Each line that git prints. */
  onLine(line: string): void;
}

/** Deploys an example as a user would: a repository of its own, a commit, a real `git push`. True where the push was accepted. */
export async function pushExample({ folder, url, token, path, onLine }: ExamplePush): Promise<boolean> {
  const repository = await mkdtemp(join(tmpdir(), "berth-example-"));
  try {
    await cp(folder, repository, { recursive: true });
    const git = (...args: string[]) => runGit(args, repository, { url, token, path }, onLine);
    const identity = ["-c", "user.name=Berth", "-c", "user.email=berth@localhost"];
    return (
      (await git("init", "--quiet", "--initial-branch=main")) &&
      (await git("add", "--all")) &&
      (await git(...identity, "commit", "--quiet", "-m", "Say hello")) &&
      (await git("push", url, "main"))
    );
  } finally {
    await rm(repository, { recursive: true, force: true });
  }
}

/** The token goes to git through its environment: neither an argument, which others on the machine can read, nor a file. */
function runGit(
  args: string[],
  cwd: string,
  { url, token, path }: Pick<ExamplePush, "url" | "token" | "path">,
  onLine: (line: string) => void,
): Promise<boolean> {
  const env = {
    PATH: path,
    HOME: cwd,
    GIT_CONFIG_NOSYSTEM: "1",
    GIT_TERMINAL_PROMPT: "0",
    GIT_CONFIG_COUNT: "1",
    GIT_CONFIG_KEY_0: `http.${new URL(url).origin}/.extraHeader`,
    GIT_CONFIG_VALUE_0: `Authorization: Basic ${Buffer.from(`berth:${token}`).toString("base64")}`,
  };
  return new Promise((resolve) => {
    const child = spawn("git", args, { cwd, env, stdio: ["ignore", "pipe", "pipe"] });
    for (const stream of [child.stdout, child.stderr]) {
      let rest = "";
      stream.setEncoding("utf8").on("data", (text: string) => {
        const lines = (rest + text).split(/\r?\n|\r/);
        rest = lines.pop() ?? "";
        for (const line of lines) onLine(line);
      });
      stream.on("end", () => rest !== "" && onLine(rest));
    }
    child.on("error", (error) => {
      onLine(`git could not be started: ${error.message}`);
      resolve(false);
    });
    child.on("close", (code) => resolve(code === 0));
  });
}
