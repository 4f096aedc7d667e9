import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, afterEach, beforeAll, beforeEach, expect, it } from "vitest";
import { type KubeObject, refOf } from "../../packages/cluster/src/index.ts";
import type { Fault, FaultProxy, SeenRequest } from "../../packages/cluster/src/testing/fault-proxy.ts";
import { type ClusterBerth, hasCluster, startOnCluster } from "../support/cluster.ts";
import { describeWith } from "../support/requires.ts";
import { deployTextApp, type TextApp } from "../support/text-app.ts";
import { expectUnharmed, startTraffic, type Traffic } from "../support/traffic.ts";
import { until } from "../support/until.ts";

const { isThere, reason } = await hasCluster();
const awayMs = 60_000;
/** Longer than it takes to see that the API server is away, and shorter than that lasts. */
const slowStart = `
  import { createServer } from "node:http";
  const server = createServer((request, response) => response.end("slow"));
  setTimeout(() => server.listen(process.env.PORT), 5_000);
`;
const impatient = "services: { web: { health: { timeout: 20s }, resources: { cpu: 5m, memory: 64Mi } } }\n";

const isWatch = ({ url }: SeenRequest) => url.includes("watch=true");
const isWrite = ({ method, url }: SeenRequest) => method !== "GET" && !url.includes("/leases");
const status = (code: number, reason: string) =>
  JSON.stringify({
    apiVersion: "v1",
    kind: "Status",
    status: "Failure",
    code,
    reason,
    message: `it is told to: ${reason}`,
  });

describeWith("a cluster", isThere, reason, () => {
  let on: ClusterBerth & { proxy: FaultProxy | null };
  let proxy: FaultProxy;
  const apps: TextApp[] = [];
  let app: TextApp;
  let other: TextApp;
  let traffic: Traffic;
  const lifts: (() => void)[] = [];
  beforeAll(async () => {
    on = await startOnCluster({}, { proxied: true });
    proxy = on.proxy!;
    app = await deployTextApp(on.berth, "steady", "one");
    apps.push(app);
    other = await deployTextApp(on.berth, "rolled-out", "one");
    apps.push(other);
  }, 240_000);
  afterAll(async () => {
    for (const { repository } of apps) repository.remove();
    await on.stop();
  }, 60_000);
  beforeEach(() => {
    traffic = startTraffic(on.berth, app.host);
  });
  afterEach(async () => {
    for (const lift of lifts.splice(0)) lift();
    await proxy.resume();
    await expectUnharmed(traffic);
  });

  function inject(fault: Fault): void {
    lifts.push(proxy.inject(fault));
  }

  const pods = async () => (await on.pods(app.name)).length;
  /** What is live, and two that are kept warm. */
  const untilSettled = () => until("three pods at the most are left", async () => (await pods()) <= 3, 60_000);

  it("apps serve while the API server is away for a minute, and pushes wait with a word and go on", async () => {
    await other.write("slow", { "server.js": slowStart, "berth.yaml": impatient });
    const begun = other.repository.startPush("berth", "main");
    await until("its pod is there", async () => (await on.pods(other.name)).length === 2);
    await proxy.stop();
    const late = await app.startSaying("two");
    const away = sleep(awayMs);
    await Promise.all([begun, late].map((push) => push.sees("waiting: The cluster at 127.0.0.1")));
    await away;
    await proxy.resume();
    for (const push of [begun, late]) {
      const { ok, output } = await push.done;
      // What is ready by then is live at once, without a word between.
      expect(output).toMatch(/going on|ready +1 min/);
      expect(ok).toBe(true);
    }
    expect((await on.berth.get(app.host)).body).toBe("two");
    expect((await on.berth.get(other.host)).body).toBe("slow");
    await untilSettled();
  }, 180_000);

  it("hears what changes after its place in the watches was lost", async () => {
    inject({ matches: isWatch, times: 24, does: { kind: "answer", status: 410, body: status(410, "Expired") } });
    const before = proxy.seen.filter(isWatch).length;
    proxy.cut();
    await until("all watches were refused", () => proxy.seen.filter(isWatch).length >= before + 12);
    const [pod] = await on.pods(app.name);
    await on.cluster.remove(refOf(pod!));
    await app.say("three");
    expect((await on.berth.get(app.host)).body).toBe("three");
    await untilSettled();
  }, 120_000);

  it("sends again what others came in the way of, and waits as long as a busy API server asks it to", async () => {
    const conflict = { kind: "answer", status: 409, body: status(409, "Conflict") } as const;
    const headers = { "retry-after": "1" };
    const busy = { kind: "answer", status: 429, headers, body: status(429, "TooManyRequests") } as const;
    inject({ matches: (seen) => isWrite(seen) && seen.method === "PATCH", times: 2, does: conflict });
    inject({ matches: isWrite, times: 3, does: busy });
    await app.say("four");
    expect((await on.berth.get(app.host)).body).toBe("four");
    await untilSettled();
  }, 120_000);

  it("tells of all that was changed by hand, also where others keep it from taking out what was added", async () => {
    const conflict = { kind: "answer", status: 409, body: status(409, "Conflict") } as const;
    const isRemoval = ({ method, url }: SeenRequest) =>
      method === "PATCH" && url.includes("/deployments/") && !/force=true|\/scale/.test(url);
    const removals = () => proxy.seen.filter(isRemoval).length;
    const before = removals();
    inject({ matches: isRemoval, times: 4, does: conflict });
    // The one that is live: what no instance runs of is put back when it is started.
    const releaseOf = ({ metadata }: KubeObject) => Number(metadata.labels?.["dev.berth/release"]);
    const [deployment] = (await on.deployments(app.name)).toSorted((a, b) => releaseOf(b) - releaseOf(a));
    const byHand = [
      { op: "add", path: "/metadata/labels/team", value: "me" },
      { op: "replace", path: "/spec/template/spec/terminationGracePeriodSeconds", value: 77 },
    ];
    await on.cluster.patch(refOf(deployment!), byHand, { manager: "kubectl-edit" });
    const param = { app: app.name, environment: "production" };
    const drift = () => on.berth.api().apps[":app"].environments[":environment"].drift.$get({ param });
    const told = async () =>
      (await (await drift()).json()).items.flatMap(({ fields }) => fields.map(({ path }) => path));
    await until("the label is told", async () => (await told()).includes("metadata.labels.team"));
    // Newest first.
    expect(await told()).toEqual(["metadata.labels.team", "spec.template.spec.terminationGracePeriodSeconds"]);
    expect(removals() - before).toBe(5);
    await untilSettled();
  }, 120_000);

  it("comes to its end on a cluster that takes seconds for each call", async () => {
    inject({ matches: (seen) => !isWatch(seen), does: { kind: "wait", ms: 2_000 } });
    await app.say("five");
    expect((await on.berth.get(app.host)).body).toBe("five");
    expect(await on.berth.rollback(app.name)).toMatchObject({ state: "succeeded" });
    expect((await on.berth.get(app.host)).body).toBe("four");
    await untilSettled();
  }, 180_000);
});
