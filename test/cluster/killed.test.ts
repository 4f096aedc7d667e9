import { afterAll, beforeAll, expect, it } from "vitest";
import type { FaultProxy, SeenRequest } from "../../packages/cluster/src/testing/fault-proxy.ts";
import { type ClusterBerth, hasCluster, startOnCluster } from "../support/cluster.ts";
import { describeWith } from "../support/requires.ts";
import { type RouterProcess, startRouter } from "../support/router.ts";
import { deployTextApp, type TextApp } from "../support/text-app.ts";
import { expectUnharmed, startTraffic, type Traffic } from "../support/traffic.ts";
import { readStored } from "../support/stored.ts";
import { findDifferences } from "./differences.ts";
import { until } from "../support/until.ts";

const { isThere, reason } = await hasCluster();

/** A call that changes something of what runs. The server's right to do so is another matter, and so are words about it. */
const isWrite = ({ method, url }: SeenRequest) =>
  method !== "GET" && !["/leases", "selfsubjectaccessreviews", "/events"].some((other) => url.includes(other));
const moments = ["before", "after"] as const;
const services = `
services:
  web: { routes: [/], resources: { cpu: 5m, memory: 64Mi } }
  worker: { command: node worker.js, routes: [], resources: { cpu: 5m, memory: 64Mi } }
`;
const worker = (text: string) => `console.log(${JSON.stringify(text)}); setInterval(() => {}, 1_000);`;
const production = { app: "ledger", environment: "production" };
const several = { "berth.yaml": services, "worker.js": worker("one") };

describeWith("a cluster", isThere, reason, () => {
  let on: ClusterBerth & { proxy: FaultProxy | null };
  let router: RouterProcess;
  let app: TextApp;
  let traffic: Traffic;
  /** At how many calls the server was killed. */
  let points = 0;
  let texts = 0;
  let live = "text 0";
  /** What each version answers with that was live. */
  const answers = new Map<number, string>();
  beforeAll(async () => {
    on = await startOnCluster({}, { proxied: true });
    router = await startRouter(on.berth);
    app = await deployTextApp(on.berth, "ledger", live, several);
    await until("the router has it", async () => (await router.get(app.host)).status === 200);
    answers.set(1, live);
    traffic = startTraffic(router, app.host);
  }, 240_000);
  afterAll(async () => {
    app.repository.remove();
    await router.stop();
    await on.stop();
  }, 60_000);

  const environments = () => on.berth.api().apps[":app"].environments;

  /**
   * Does the same again and again, and kills the server each time at a later call, before the API server has seen it or after it has done it,
   * until it comes to its end without. After each kill the server starts again, and all has to settle.
   */
  async function killAtEachCall(
    act: (round: number) => Promise<unknown>,
    check: (round: number) => Promise<void>,
    { alternating = false } = {},
  ): Promise<void> {
    for (let round = 0; ; round += 1) {
      const call = alternating ? round : Math.floor(round / 2);
      const when = moments[round % 2]!;
      const isOver = await actAndKill(() => act(round), call, when);
      if (!isOver) {
        points += 1;
        await on.berth.restart();
      }
      await settled(isOver ? "at its end" : `after the kill ${when} call ${call + 1}`);
      await check(round);
      if (isOver) return;
    }
  }

  /** False where the server was killed. */
  async function actAndKill(
    act: () => Promise<unknown>,
    call: number,
    when: (typeof moments)[number],
  ): Promise<boolean> {
    const killed = Promise.withResolvers<void>();
    let left = call;
    let isStruck = false;
    const strike = async () => {
      isStruck = true;
      await on.berth.kill();
      killed.resolve();
    };
    const isHit = (seen: SeenRequest) => isWrite(seen) && left-- === 0;
    const lift = on.proxy!.inject({ matches: isHit, times: 1, does: { kind: "strike", when, strike } });
    const acted = act().catch(() => {});
    // What an operation leaves to be done after its end counts, too.
    const over = acted.then(() => settled("without a kill"));
    await Promise.race([killed.promise, over]).finally(lift);
    // It may be struck just as all else comes to its end.
    if (isStruck) await killed.promise;
    over.catch(() => {});
    await acted;
    return !isStruck;
  }

  async function settled(when: string): Promise<void> {
    let differences: string[] = [];
    const isSettled = async () => {
      differences = await findDifferences(on.cluster, on.berth.home);
      return differences.length === 0;
    };
    await until("it settles", isSettled, 60_000).catch(() => {
      throw new Error(`${when} it does not settle:\n${differences.join("\n")}`);
    });
  }

  /** What is served is what was served before, or what was to be; and that where it was acknowledged. */
  async function expectServed(wanted: string, isAcknowledged: boolean): Promise<void> {
    const { status, body } = await on.berth.get(app.host);
    expect(status).toBe(200);
    expect(isAcknowledged ? [wanted] : [live, wanted]).toContain(body);
    live = body;
    const { live: version } = await (await environments()[":environment"].$get({ param: production })).json();
    answers.set(version!, body);
  }

  it("a push that is killed at any of its calls is live or was never there", async () => {
    let text = "";
    let isAcknowledged = false;
    const push = async () => {
      text = `text ${++texts}`;
      isAcknowledged = false;
      await app.write(text, { "worker.js": worker(text) });
      isAcknowledged = (await app.repository.push()).ok;
    };
    await killAtEachCall(push, async () => {
      await expectServed(text, isAcknowledged);
      const [ref] = (await app.repository.git("ls-remote", "berth", "refs/heads/main")).split("\t");
      expect(ref === (await app.repository.git("rev-parse", "HEAD"))).toBe(live === text);
    });
    expect(live).toBe(text);
  }, 900_000);

  it("a rollback, too", async () => {
    let text = "";
    let isAcknowledged = false;
    const rollback = async () => {
      isAcknowledged = false;
      const [version = 0, answer = ""] = [...answers].find(([, each]) => each !== live) ?? [];
      text = answer;
      // The one that was not gone back to for longest is cold, unless it was live a moment ago.
      answers.delete(version);
      answers.set(version, answer);
      isAcknowledged = (await on.berth.rollback(app.name, version)).state === "succeeded";
    };
    await killAtEachCall(rollback, () => expectServed(text, isAcknowledged));
    expect(live).toBe(text);
  }, 600_000);

  it("a change of scale, too", async () => {
    let isAcknowledged = false;
    let wanted = 1;
    const scale = async (round: number) => {
      isAcknowledged = false;
      wanted = round % 4 < 2 ? 2 : 1;
      const json = { reset: false, services: { web: { min: wanted } } };
      const route = environments()[":environment"].scale;
      const operation = await (await route.$post({ param: production, query: { wait: "60" }, json })).json();
      isAcknowledged = operation.state === "succeeded";
    };
    await killAtEachCall(scale, async () => {
      await expectServed(live, true);
      const stored = (await readStored(on.berth.home)).environments.find(
        ({ environment }) => environment === "production",
      );
      const { workloads = [] } = stored?.releases.find(({ version }) => version === stored.live) ?? {};
      const min = workloads.find(({ service }) => service === "web")?.min;
      expect(isAcknowledged ? [wanted] : [1, 2]).toContain(min);
    });
    expect(isAcknowledged).toBe(true);
  }, 600_000);

  it("a branch that is pushed for the first time, and one that is deleted, leave nothing behind", async () => {
    let isAcknowledged = false;
    const push = async (round: number) => {
      isAcknowledged = false;
      isAcknowledged = (await app.repository.push("berth", `main:refs/heads/branch-${round}`)).ok;
    };
    const firstPush = async (round: number) => {
      const { body } = await on.berth.get(`${app.name}--branch-${round}.localhost`);
      // One that never was live has a page of Berth's.
      if (!isAcknowledged) return;
      // Whatever production has gone back to, the branch is at what was committed last.
      expect(body).toBe(`text ${texts}`);
    };
    await killAtEachCall(push, firstPush);
    const branches = async () => {
      const { items } = await (await environments().$get({ param: { app: app.name } })).json();
      return items.map(({ name }) => name).filter((name) => name !== "production");
    };
    const remove = async (environment: string) => {
      const param = { app: app.name, environment };
      await environments()[":environment"].$delete({ param, query: { wait: "60" } });
    };
    /** What was half made has gone by itself. */
    const haveOne = async (round: number) => {
      if ((await branches()).length > 0) return;
      expect((await app.repository.push("berth", `main:refs/heads/one-more-${round}`)).ok).toBe(true);
    };
    await haveOne(-1);
    await killAtEachCall(async () => remove((await branches())[0]!), haveOne, { alternating: true });
    await Promise.all((await branches()).map(remove));
    await settled("in the end");
    await expectUnharmed(traffic);
    expect(points).toBeGreaterThanOrEqual(50);
  }, 1_200_000);
});
