import { afterAll, beforeAll, expect, it } from "vitest";
import type { Cluster, ExecOptions } from "../cluster.ts";
import type { ObjectRef } from "../object.ts";
import { describeWithCluster, makeNamespace, openTestCluster, runPod } from "../testing/cluster.ts";

await describeWithCluster("a pod", () => {
  let cluster: Cluster;
  let namespace: Awaited<ReturnType<typeof makeNamespace>>;
  let pod: ObjectRef;
  let quiet: ObjectRef;
  const never = new AbortController().signal;

  beforeAll(async () => {
    cluster = await openTestCluster();
    namespace = await makeNamespace(cluster);
    [pod, quiet] = await Promise.all([
      runPod(cluster, namespace.name, "talking", "echo one; echo two; while sleep 0.2; do echo more; done"),
      runPod(cluster, namespace.name, "quiet", "sleep 1000"),
    ]);
  });
  afterAll(async () => {
    await namespace.remove();
    await cluster.close();
  });

  async function exec(options: Partial<ExecOptions>) {
    const told = { out: "", err: "" };
    const result = await cluster.exec(pod, {
      argv: ["true"],
      stdout: (chunk) => void (told.out += Buffer.from(chunk).toString()),
      stderr: (chunk) => void (told.err += Buffer.from(chunk).toString()),
      signal: never,
      ...options,
    });
    return { ...result, ...told };
  }

  async function* bytes(...texts: string[]) {
    for (const text of texts) yield Buffer.from(text);
  }

  it("gives its output so far", async () => {
    const output = await cluster.podLogs(pod, { signal: never });
    const text = Buffer.concat(await Array.fromAsync(output ?? [])).toString();
    expect(text.startsWith("one\ntwo\n")).toBe(true);
  });

  it("gives its output as it comes, until the caller has enough", async () => {
    const enough = new AbortController();
    const output = await cluster.podLogs(pod, { follow: true, tailLines: 1, signal: enough.signal });
    const chunks: Uint8Array[] = [];
    for await (const chunk of output ?? []) if (chunks.push(chunk) === 3) enough.abort();
    expect(chunks).toHaveLength(3);
  });

  it("can be followed before it has said anything", async () => {
    const enough = new AbortController();
    const following = cluster.podLogs(quiet, { follow: true, signal: enough.signal });
    setTimeout(() => enough.abort(), 500);
    const output = await following.catch(() => null);
    expect(await Array.fromAsync(output ?? [])).toEqual([]);
  });

  it("has no output where it is gone or did not run before", async () => {
    expect(await cluster.podLogs({ ...pod, name: "none" }, { signal: never })).toBeNull();
    expect(await cluster.podLogs(pod, { previous: true, signal: never })).toBeNull();
    await expect(cluster.podLogs(pod, { container: "none", signal: never })).rejects.toMatchObject({
      code: "cluster.failed",
    });
  });

  it("runs a program and tells its output and exit code", async () => {
    const argv = ["sh", "-c", "echo out; echo err >&2; exit 3"];
    expect(await exec({ argv })).toEqual({ exitCode: 3, message: null, out: "out\n", err: "err\n" });
    expect(await exec({ argv: ["true"] })).toMatchObject({ exitCode: 0, message: null });
  });

  it("gives a program its input up to its end", async () => {
    const result = await exec({ argv: ["sh", "-c", "cat; echo end"], stdin: bytes("a\n", "b\n") });
    expect(result).toMatchObject({ exitCode: 0, out: "a\nb\nend\n" });
  });

  it("ends with the error of its input", async () => {
    // oxlint-disable-next-line require-yield -- it fails before it has anything
    async function* stdin(): AsyncGenerator<Uint8Array> {
      throw new Error("no such upload");
    }
    await expect(exec({ argv: ["cat"], stdin: stdin() })).rejects.toThrow("no such upload");
  });

  it("passes much on in both directions", async () => {
    const block = "x".repeat(65_536);
    const stdin = bytes(...Array.from({ length: 64 }, () => block));
    const { out, exitCode } = await exec({ argv: ["cat"], stdin });
    expect([out.length, exitCode]).toEqual([64 * 65_536, 0]);
  });

  it("gives a program a terminal and tells it of its size", async () => {
    async function* terminal() {
      yield { columns: 100, rows: 30 };
      await new Promise((resolve) => setTimeout(resolve, 500));
      yield { columns: 120, rows: 40 };
    }
    const { out, exitCode } = await exec({
      argv: ["sh", "-c", "sleep 0.2; stty size; sleep 1; stty size"],
      terminal: terminal(),
    });
    expect([out, exitCode]).toEqual(["30 100\r\n40 120\r\n", 0]);
  });

  it("says why a program could not be started", async () => {
    expect(await exec({ argv: ["/no/such/program"] })).toMatchObject({
      exitCode: null,
      message: expect.stringContaining("no such file"),
    });
    const gone = await cluster.exec({ ...pod, name: "none" }, { argv: ["true"], signal: never });
    expect(gone).toEqual({ exitCode: null, message: 'pods "none" not found' });
  });

  it("ends when the caller has enough", async () => {
    const enough = AbortSignal.timeout(300);
    await expect(exec({ argv: ["sleep", "100"], signal: enough })).rejects.toMatchObject({ name: "TimeoutError" });
  });

  it("is reached at its ports from this machine", async () => {
    const enough = new AbortController();
    const script = `require("node:http").createServer((q, s) => q.pipe(s)).listen(8080)`;
    const serving = cluster.exec(pod, { argv: ["node", "-e", script], signal: enough.signal }).catch(() => null);
    const forwarded = await cluster.forward(pod, { port: 8080, signal: enough.signal });
    const body = "0123456789".repeat(300_000);
    const ask = () => fetch(`http://127.0.0.1:${forwarded.port}/`, { method: "POST", body }).catch(() => null);
    await expect.poll(async () => (await ask())?.status, { timeout: 20_000, interval: 300 }).toBe(200);
    const answers = await Promise.all([ask(), ask()]);
    for (const answer of answers) expect(await answer?.text()).toBe(body);
    forwarded.close();
    expect(await ask()).toBeNull();
    enough.abort();
    await serving;
  });

  it("is evicted only where its budget allows it", async () => {
    const budget = {
      apiVersion: "policy/v1",
      kind: "PodDisruptionBudget",
      metadata: { name: "quiet", namespace: namespace.name },
      spec: { maxUnavailable: 0, selector: { matchLabels: { app: "quiet" } } },
    };
    await cluster.create(budget);
    await expect.poll(() => cluster.evict(quiet)).toBe(false);
    await cluster.remove({ apiVersion: "policy/v1", kind: budget.kind, namespace: namespace.name, name: "quiet" });
    await expect.poll(() => cluster.evict(quiet), { timeout: 20_000 }).toBe(true);
    expect(await cluster.evict({ ...quiet, name: "none" })).toBe(true);
  });
});
