import type { KubeObject } from "@berth/cluster";
import { quietLog, systemRandom } from "@berth/core";
import { makeManualClock } from "@berth/core/testing";
import { expect, it } from "vitest";
import { EventRecorder } from "./event-recorder.ts";

const deployment: KubeObject = {
  apiVersion: "apps/v1",
  kind: "Deployment",
  metadata: { name: "web-1f0c", namespace: "shop", uid: "u1" },
};
const scaled = { reason: "Scaled", action: "Scale", isWarning: false, note: "Scaled from 1 to 3" };

function open(create: (object: KubeObject) => Promise<KubeObject | null> = async (object) => object) {
  const clock = makeManualClock();
  const made: KubeObject[] = [];
  const patched: object[] = [];
  const cluster = {
    create: async <T extends KubeObject>(object: T) => {
      made.push(object);
      return (await create(object)) as T | null;
    },
    patch: async (_ref: unknown, patch: object) => {
      patched.push(patch);
      return null;
    },
  };
  const recorder = new EventRecorder({ cluster, installation: "i1", clock, random: systemRandom, log: quietLog });
  const settle = () => new Promise((resolve) => setImmediate(resolve));
  return { recorder, clock, made, patched, settle };
}

it("tells an event on the object, by Berth's name", async () => {
  const { recorder, made, settle } = open();
  recorder.tell(deployment, scaled);
  await settle();
  expect(made).toMatchObject([
    {
      apiVersion: "events.k8s.io/v1",
      metadata: { namespace: "shop", name: expect.stringMatching(/^web-1f0c\.[0-9a-f]{16}$/) },
      reportingController: "berth.dev/deployer",
      reportingInstance: "berth-i1",
      reason: "Scaled",
      type: "Normal",
      regarding: { kind: "Deployment", name: "web-1f0c", namespace: "shop", uid: "u1" },
    },
  ]);
});

it("tells the same again as a series of one event, and not for each time", async () => {
  const { recorder, clock, made, patched, settle } = open();
  for (let time = 0; time < 5; time += 1) recorder.tell(deployment, scaled);
  await settle();
  expect([made.length, patched.length]).toEqual([1, 0]);
  clock.advance(10_000);
  await settle();
  expect(patched).toEqual([{ series: { count: 5, lastObservedTime: expect.any(String) } }]);
  clock.advance(6 * 60_000);
  recorder.tell(deployment, scaled);
  await settle();
  expect(made).toHaveLength(2);
});

it("tells no flood about one object, and goes on about others", async () => {
  const { recorder, made, settle } = open();
  for (let time = 0; time < 60; time += 1) recorder.tell(deployment, { ...scaled, note: `Scaled to ${time}` });
  recorder.tell({ ...deployment, metadata: { ...deployment.metadata, uid: "u2" } }, scaled);
  for (let turn = 0; turn < 60; turn += 1) await settle();
  expect(made).toHaveLength(26);
});

it("neither waits nor fails where the cluster does not take them", async () => {
  const { recorder, made, settle } = open(() => Promise.reject(new Error("away")));
  recorder.tell(deployment, scaled);
  recorder.tell(deployment, { ...scaled, note: "Scaled from 3 to 1" });
  for (let turn = 0; turn < 5; turn += 1) await settle();
  expect(made).toHaveLength(2);
  const slow = open(() => new Promise(() => {}));
  for (let time = 0; time < 500; time += 1)
    slow.recorder.tell({ ...deployment, metadata: { ...deployment.metadata, uid: `u${time}` } }, scaled);
  await slow.settle();
  expect(slow.made).toHaveLength(1);
});
