import { spawn } from "node:child_process";
import { buffer } from "node:stream/consumers";
import { describe } from "vitest";

export interface KubectlResult {
  exitCode: number | null;
  stdout: string;
  stderr: string;
}

/** Runs kubectl with the kubeconfig of the environment. */
export async function tryKubectl(argv: readonly string[], stdin = ""): Promise<KubectlResult> {
  const child = spawn("kubectl", argv, { stdio: ["pipe", "pipe", "pipe"] });
  child.stdin.on("error", () => undefined).end(stdin);
  const exit = new Promise<number | null>((resolve, reject) => child.on("error", reject).on("close", resolve));
  const [stdout, stderr, exitCode] = await Promise.all([buffer(child.stdout), buffer(child.stderr), exit]);
  return { exitCode, stdout: stdout.toString(), stderr: stderr.toString() };
}

/** What kubectl prints; throws what it complains of. */
export async function kubectl(argv: readonly string[], stdin = ""): Promise<string> {
  const { exitCode, stdout, stderr } = await tryKubectl(argv, stdin);
  if (exitCode !== 0) throw new Error(`kubectl ${argv.join(" ")}: ${stderr || stdout}`);
  return stdout;
}

/** Server-side apply of YAML, as Berth does it. */
export function applyServerSide(yaml: string, ...options: string[]): Promise<string> {
  return kubectl(["apply", "--server-side", "--field-manager=berth-deployer", "-f", "-", ...options], yaml);
}

/** A suite that needs a cluster: the one that KUBECONFIG names. */
export function describeWithCluster(suite: () => void): void {
  if (process.env["KUBECONFIG"]) {
    describe("on a cluster", suite);
    return;
  }
  const reason = "KUBECONFIG is not set; kind, k3s or any cluster will do";
  if (process.env["CI"] === "true") throw new Error(`a cluster is missing in CI: ${reason}`);
  console.warn(`skipped, a cluster is missing: ${reason}`);
  // oxlint-disable-next-line vitest/no-disabled-tests -- the reason is in the title
  describe.skip(`on a cluster (missing: ${reason})`, suite);
}

/** Removes namespaces and waits until they are gone. */
export async function removeNamespaces(...names: string[]): Promise<void> {
  await kubectl(["delete", "namespace", "--ignore-not-found", "--timeout=80s", ...names]);
}
