import { setTimeout as sleep } from "node:timers/promises";
import type { ClusterBerth } from "../../support/cluster.ts";
import { makeRepository } from "../../support/repository.ts";
import { makeRatio, type Quantity } from "../support/quantities.ts";
import { makeFiles } from "./app.ts";
import { startByHand } from "./by-hand.ts";

const modules = 500;
const warmUps = 2;
/** What a server and a cluster do after a preview was removed is over by then. */
const pauseMs = 3_000;

/** A preview of the commit that production has, which begins with a namespace of its own, beside the start of the same pod by hand. */
export async function benchPreviews(on: ClusterBerth, namespace: string, rounds: number): Promise<Quantity[]> {
  const live: number[] = [];
  const returned: number[] = [];
  const floor: number[] = [];
  const app = "previewed";
  const files = makeFiles("first", modules);
  const repository = await makeRepository(on.berth, app, files);
  const byHand = await startByHand(namespace);
  try {
    await repository.deploy();
    await byHand.deploy(files);
    for (let round = -warmUps; round < rounds; round++) {
      const branch = `try-${round + warmUps}`;
      await sleep(pauseMs);
      const begin = performance.now();
      await repository.deploy("berth", `main:refs/heads/${branch}`);
      const pushMs = performance.now() - begin;
      const query = { app, environment: branch, limit: 1 };
      const [operation] = (await (await on.berth.api().operations.$get({ query })).json()).items;
      await repository.deploy("berth", `:${branch}`);
      await sleep(pauseMs);
      const handMs = await byHand.scaleUp();
      if (round < 0) continue;
      live.push(operation!.finishedAt! - operation!.startedAt);
      returned.push(pushMs);
      floor.push(handMs);
    }
  } finally {
    repository.remove();
    await byHand.remove();
  }
  return [
    { what: "cluster: preview of a built commit, operation", values: live, unit: "ms", floor, goal: {} },
    { what: "cluster: preview of a built commit, git push", values: returned, unit: "ms", floor, goal: {} },
    makeRatio("cluster: preview of a built commit / pod start by hand", live, floor, { goal: { p50: 1.2 } }),
  ];
}
