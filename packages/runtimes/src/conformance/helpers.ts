import { createHash } from "node:crypto";
import { join } from "node:path";
import type {
  Digest,
  Endpoint,
  IdentifiedWorkload,
  LogLine,
  ObservedInstance,
  ObservedWorkload,
  Runtime,
} from "@berth/core";

export const appFolder = join(import.meta.dirname, "fixtures", "app");

const deadlineMs = 60_000;

/** Polls until the condition gives something; fails with the last answer when it takes too long. */
export async function until<T>(what: string, look: () => T | Promise<T>): Promise<NonNullable<T>> {
  const end = Date.now() + deadlineMs;
  for (;;) {
    const found = await look();
    if (found !== null && found !== undefined && found !== false) return found;
    if (Date.now() > end) throw new Error(`Waited too long until ${what}.`);
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}

/** A workload that runs one of the programs; its id is the hash of its content, as everywhere. */
export function makeTestWorkload(
  image: Digest,
  program: string,
  changes: Partial<IdentifiedWorkload> = {},
): IdentifiedWorkload {
  const workload = {
    app: "shop",
    environment: "production",
    service: "web",
    kind: "service" as const,
    image,
    command: { argv: ["node", program] },
    env: {},
    resources: { cpuMillis: 250, memoryBytes: 512 * 2 ** 20 },
    health: { path: "/", timeoutMs: 20_000 },
    stopGraceMs: 10_000,
    ...changes,
  };
  return { ...workload, id: createHash("sha256").update(JSON.stringify(workload)).digest("hex").slice(0, 20) };
}

export async function observed(runtime: Runtime, id: string): Promise<ObservedWorkload | undefined> {
  return (await runtime.observe()).workloads.get(id);
}

export async function instances(runtime: Runtime, id: string): Promise<readonly ObservedInstance[]> {
  return (await observed(runtime, id))?.instances ?? [];
}

export async function untilReady(runtime: Runtime, id: string, count = 1): Promise<readonly ObservedInstance[]> {
  return until(`${count} instances are ready`, async () => {
    const all = await instances(runtime, id);
    return all.length === count && all.every((instance) => instance.state === "ready") ? all : null;
  });
}

/** Makes the workload known and runs `replicas` of it. */
export async function run(runtime: Runtime, workload: IdentifiedWorkload, replicas = 1): Promise<void> {
  await runtime.ensure(workload);
  await runtime.scale(workload.id, replicas);
}

export async function untilReason(runtime: Runtime, id: string, pattern: RegExp): Promise<ObservedInstance> {
  let last: string | null = null;
  return until(`the reason is like ${pattern}`, async () => {
    const [instance] = await instances(runtime, id);
    last = instance?.reason ?? last;
    return instance?.reason != null && pattern.test(instance.reason) ? instance : null;
  }).catch((error: unknown) => {
    throw new Error(`${String(error)} It was: ${last}`);
  });
}

/** An instance that listens at every address may have been met at `::1` first. */
export function originOf({ host, port }: Endpoint): string {
  return `http://${host.includes(":") ? `[${host}]` : host}:${port}`;
}

/** Asks the first ready instance for a path. */
export async function ask(runtime: Runtime, id: string, path: string): Promise<string> {
  const endpoint = await until("there is an endpoint", () => runtime.endpoints(id)[0]?.endpoint);
  const response = await fetch(`${originOf(endpoint)}${path}`, { headers: { connection: "close" } });
  return response.text();
}

export async function readTail(runtime: Runtime, id: string, tail = 1_000): Promise<LogLine[]> {
  const lines: LogLine[] = [];
  const options = { tail, follow: false, signal: new AbortController().signal };
  for await (const line of runtime.logs(id, options)) lines.push(line);
  return lines;
}

export async function untilLogged(runtime: Runtime, id: string, text: string): Promise<LogLine> {
  return until(`the log has ${JSON.stringify(text)}`, async () =>
    (await readTail(runtime, id)).find((line) => line.text.includes(text)),
  );
}
