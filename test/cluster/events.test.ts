import { expect, it, onTestFinished } from "vitest";
import type { KubeObject } from "../../packages/cluster/src/index.ts";
import { makePerson } from "../cli/cli.ts";
import { describeOnCluster } from "../support/describe-on-cluster.ts";
import { answering, manifest, smallService } from "../support/programs.ts";
import { makeRepository } from "../support/repository.ts";
import { until } from "../support/until.ts";

interface Event extends KubeObject {
  reason: string;
  note?: string;
  type: string;
  reportingController?: string;
  regarding?: { kind: string; name: string };
}

await describeOnCluster(
  (on) => {
    it("tells on its objects what was decided about them, and of which release they are", async () => {
      const app = "pod-events";
      const files = { "package.json": manifest(app), "server.js": answering("one"), "berth.yaml": smallService };
      const repository = await makeRepository(on().berth, app, files);
      onTestFinished(() => repository.remove());
      await repository.deploy();
      const namespace = (await on().deployments(app))[0]!.metadata.namespace!;
      const told = async () => {
        const { items } = await on().cluster.list<Event>(
          { apiVersion: "events.k8s.io/v1", kind: "Event" },
          { namespace },
        );
        return items.filter(({ reportingController }) => reportingController === "berth.dev/deployer");
      };
      const untilTold = (what: string, note: RegExp) =>
        until(
          `${what} is told`,
          async () => (await told()).find((event) => event.reason === what && note.test(event.note ?? "")) ?? null,
        );

      await untilTold("RolloutStarted", /^v1 \(a deploy by \w+\) is being rolled out$/);
      const promoted = await untilTold("Promoted", /^v1 \(a deploy by \w+\) is live/);
      expect(promoted?.regarding).toMatchObject({ kind: "Deployment", name: expect.stringMatching(/^web-/) });
      const releaseOf = async () => (await on().deployments(app))[0]?.metadata.labels?.["dev.berth/release"];
      await until("the release is shown", async () => (await releaseOf()) === "1");

      const person = makePerson(on().berth);
      onTestFinished(() => person.remove());
      expect(await person.berth(["scale", "web=2", "--app", app])).toMatchObject({ code: 0 });
      await untilTold("Scaled", /^Scaled from 1 to 2$/);
      await untilTold("Promoted", /^v2 \(another scale by \w+\) is live/);
      await until("the new release is shown", async () => (await releaseOf()) === "2");

      const [deployment] = await on().deployments(app);
      const ref = { apiVersion: "apps/v1", kind: "Deployment", namespace, name: deployment!.metadata.name };
      await on().cluster.patch(ref, { metadata: { labels: { stranger: "here" } } }, { manager: "somebody" });
      const corrected = await untilTold("DriftCorrected", /metadata\.labels\.stranger by somebody/);
      expect(corrected?.type).toBe("Warning");
      // That Berth itself has set another release is nobody's doing.
      expect((await told()).filter(({ note = "" }) => note.includes("dev.berth/release"))).toEqual([]);

      repository.write({ "server.js": `console.error("no harbour"); process.exit(7);` });
      await repository.commit("Break it");
      expect((await repository.push()).ok).toBe(false);
      const failed = await untilTold("RolloutFailed", /^v3 was given up: .*code 7/);
      expect(failed?.type).toBe("Warning");
    }, 180_000);
  },
  { startMs: 90_000 },
);
