import { afterAll, beforeAll, expect, it } from "vitest";
import type { FaultProxy, SeenRequest } from "../../packages/cluster/src/testing/fault-proxy.ts";
import { type ClusterBerth, hasCluster, startOnCluster } from "../support/cluster.ts";
import { answering } from "../support/programs.ts";
import { describeWith } from "../support/requires.ts";
import { type RouterProcess, startRouter } from "../support/router.ts";
import { deployTextApp, makeTextApp, type TextApp } from "../support/text-app.ts";
import { startTraffic, type Traffic } from "../support/traffic.ts";
import { findDifferences } from "./differences.ts";
import { until } from "../support/until.ts";

const { isThere, reason } = await hasCluster();

/** A call that changes something of what runs. The server's right to do so is another matter. */
const isWrite = ({ method, url }: SeenRequest) =>
  method !== "GET" && !url.includes("/leases") && !url.includes("selfsubjectaccessreviews");
const moments = ["before", "after"] as const;
const services = `
services:
  web: { routes: [/], resources: { cpu: 5m, memory: 64Mi } }
  worker: { command: node worker.js, routes: [], resources: { cpu: 5m, memory: 64Mi } }
`;
const worker = (text: string) => `console.log(${JSON.stringify(text)}); setInterval(() => {}, 1_000);`;
const several = { "berth.yaml": services, "worker.js": worker("one") };

describeWith("a cluster", isThere, reason, () => {
  let on: ClusterBerth & { proxy: FaultProxy | null };
  let router: RouterProcess;
  let app: TextApp;
  let traffic: Traffic;
  let points = 0;
  let texts = 0;
  let live = "text 0";
  const others: TextApp[] = [];
  beforeAll(async () => {
    on = await startOnCluster({}, { proxied: true });
    router = await startRouter(on.berth);
    app = await deployTextApp(on.berth, "ledger", live, several);
    await until("the router has it", async () => (await router.get(app.host)).status === 200);
    traffic = startTraffic(router, app.host);
  }, 240_000);
  afterAll(async () => {
    for (const { repository } of [app, ...others]) repository.remove();
    await router.stop();
    await on.stop();
  }, 60_000);

  /**
   * Does the same again and again, and kills the server each time at a later call, before the API server has seen it or after it has done it,
   * until it is through with its calls. Then the server starts again, and all has to settle.
   */
  async function killAtEachCall(act: (count: number) => Promise<unknown>, check: () => Promise<void>): Promise<void> {
    for (let point = 0; ; point += 1) {
      const killed = Promise.withResolvers<"killed">();
      let left = Math.floor(point / 2);
      const when = moments[point % 2]!;
      const strike = () => on.berth.kill().then(() => killed.resolve("killed"));
      const isHit = (seen: SeenRequest) => isWrite(seen) && left-- === 0;
      const lift = on.proxy!.inject({ matches: isHit, times: 1, does: { kind: "strike", when, strike } });
      const acted = act(point).catch((error: unknown) => error);
      const over = acted.then(async () => {
        // What it leaves to be done later is done by then.
        await settled(`after all of it`);
        return "over" as const;
      });
      over.catch(() => {});
      const end = await Promise.race([killed.promise, over]);
      lift();
      if (end === "over") return;
      points += 1;
      await acted;
      await on.berth.restart();
      await settled(`after the kill ${when} call ${Math.floor(point / 2) + 1}`);
      await check();
    }
  }

  async function settled(when: string): Promise<void> {
    let differences: string[] = [];
    const isSettled = async () => {
      differences = await findDifferences(on.cluster, on.berth.home);
      return differences.length === 0;
    };
    await until("it settles", isSettled, 60_000).catch(() => expect(differences, when).toEqual([]));
  }

  async function say(text: string): Promise<boolean> {
    await app.write(text, { "worker.js": worker(text) });
    return (await app.repository.push()).ok;
  }

  /** What is served is what was served before, or what was to be; and that where it was acknowledged. */
  async function expectServed(wanted: string, isAcknowledged: boolean): Promise<void> {
    const { status, body } = await on.berth.get(app.host);
    expect(status).toBe(200);
    expect(isAcknowledged ? [wanted] : [live, wanted]).toContain(body);
    live = body;
  }

  it("a push that is killed at any of its calls is live or was never there", async () => {
    let text = "";
    let isAcknowledged = false;
    await killAtEachCall(
      async () => {
        text = `text ${++texts}`;
        isAcknowledged = false;
        isAcknowledged = await say(text);
      },
      async () => {
        await expectServed(text, isAcknowledged);
        const [ref] = (await app.repository.git("ls-remote", "berth", "refs/heads/main")).split("\t");
        const head = await app.repository.git("rev-parse", "HEAD");
        expect(ref === head, "the ref says what is live").toBe(live === text);
      },
    );
    live = text;
  }, 400_000);
});
