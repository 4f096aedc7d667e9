import { setTimeout as sleep } from "node:timers/promises";
import type { ClusterBerth } from "../../support/cluster.ts";
import { makeRepository } from "../../support/repository.ts";
import type { Quantity } from "../support/quantities.ts";
import { watchHost } from "../support/watch-host.ts";
import { changeOf, makeFiles } from "./app.ts";
import { startByHand } from "./by-hand.ts";

const modules = 500;
const warmUps = 2;
/** What a server does after a push is over by then, and so is what the cluster has to end. */
const pauseMs = 3_000;

/** From a push of a change of code to its first answer, beside the same image made and applied by hand. */
export async function benchPushes(on: ClusterBerth, namespace: string, rounds: number): Promise<Quantity[]> {
  const served: number[] = [];
  const floor: number[] = [];
  const files = makeFiles("first", modules);
  const repository = await makeRepository(on.berth, "pushed", files);
  const byHand = await startByHand(namespace);
  const watch = watchHost(on.berth.port, "pushed.localhost", 8);
  try {
    await repository.deploy();
    await byHand.deploy(files);
    for (let round = -warmUps; round < rounds; round++) {
      const text = `round ${round} of process ${process.pid} at ${Date.now()}`;
      const change = changeOf(text);
      repository.write(change);
      await repository.commit(text);
      await sleep(pauseMs);
      const begin = performance.now();
      const [seenAt] = await Promise.all([watch.sees(text), repository.deploy()]);
      await sleep(pauseMs);
      const handMs = await byHand.deploy({ ...files, ...change });
      if (round < 0) continue;
      served.push(seenAt - begin);
      floor.push(handMs);
    }
  } finally {
    await watch.close();
    repository.remove();
    await byHand.remove();
  }
  return [{ what: "cluster: push → served, code only", values: served, unit: "ms", floor, goal: { p95: 5_000 } }];
}
