import { setTimeout as sleep } from "node:timers/promises";
import { Client } from "undici";
import type { ClusterBerth } from "../../support/cluster.ts";
import { makeRepository } from "../../support/repository.ts";
import type { Quantity } from "../support/quantities.ts";
import { watchHost } from "../support/watch-host.ts";
import { changeOf, makeFiles } from "./app.ts";
import { startByHand } from "./by-hand.ts";

/** What is live and the two before it run; a rollback to any other of these is cold. */
const versions = 6;
const running = 3;
const modules = 50;
const warmPerRound = 3;
const settleMs = 1_000;

/** From the request for a rollback to the first answer of the older version, beside `kubectl rollout undo`, and beside a scale-up. */
export async function benchRollbacks(on: ClusterBerth, namespace: string, rounds: number): Promise<Quantity[]> {
  const warm: number[] = [];
  const undone: number[] = [];
  const cold: number[] = [];
  const scaledUp: number[] = [];
  const repository = await makeRepository(on.berth, "rolled", makeFiles(textOf(1), modules));
  const byHand = await startByHand(namespace);
  const rollback = makeRollback(on);
  try {
    for (let version = 1; version <= versions; version++) {
      repository.write(changeOf(textOf(version)));
      await repository.commit(textOf(version));
      await repository.deploy();
    }
    for (const version of [1, 2]) await byHand.deploy(makeFiles(textOf(version), modules));
    for (let round = 0; round < rounds; round++) {
      await settled(on);
      cold.push(await rollback.time(1 + (round % versions)));
      scaledUp.push(await byHand.scaleUp());
    }
    for (let round = 0; round < rounds * warmPerRound; round++) {
      await settled(on);
      warm.push(await rollback.time(1 + (round % 2)));
      if (round % warmPerRound === 0) undone.push(await byHand.undo(textOf(1 + (undone.length % 2))));
    }
    // The first two may have been among the cold ones.
    warm.splice(0, 2);
  } finally {
    await rollback.close();
    repository.remove();
    await byHand.remove();
  }
  return [
    { what: "cluster: rollback → served, warm", values: warm, unit: "ms", floor: undone, goal: { p50: 200 } },
    { what: "cluster: rollback → served, cold", values: cold, unit: "ms", floor: scaledUp, goal: {} },
  ];
}

function textOf(version: number): string {
  return `this is version ${version}`;
}

function makeRollback({ berth }: ClusterBerth) {
  const client = new Client(berth.url);
  const watch = watchHost(berth.port, "rolled.localhost", 2);
  const headers = { authorization: `Bearer ${berth.token()}`, "content-type": "application/json" };
  const path = "/api/v1/apps/rolled/environments/production/rollback";
  return {
    async time(version: number): Promise<number> {
      const begin = performance.now();
      const asked = client.request({ method: "POST", path, headers, body: JSON.stringify({ version }) });
      const seenAt = await watch.sees(textOf(version));
      const { statusCode, body } = await asked;
      if (statusCode !== 202) throw new Error(`The rollback was answered with ${statusCode}: ${await body.text()}`);
      await body.dump();
      return seenAt - begin;
    },
    close: () => Promise.all([client.close(), watch.close()]),
  };
}

/** Resolves when no instance is left but those of the live and the warm generations, and no operation goes on. */
async function settled(on: ClusterBerth): Promise<void> {
  for (;;) {
    const { items } = await (await on.berth.api().operations.$get({ query: { app: "rolled", limit: "1" } })).json();
    if (items[0]?.state === "succeeded" && (await on.pods("rolled")).length <= running) break;
    await sleep(200);
  }
  await sleep(settleMs);
}
