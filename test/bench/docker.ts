// With containers: from a push to the first answer of the new version, the image alone, and a wake from zero, each beside
// what the same engine needs for it by hand, in the same round.
import { appendFileSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import type { OperationEvent } from "../../packages/core/src/index.ts";
import { type Berth, startBerth } from "../support/berth.ts";
import { docker, timeBuild, timePush, timeRun, writeDockerfile } from "./docker/engine.ts";
import { makeNotesApp, type NotesApp } from "./support/notes-app.ts";
import type { Quantity } from "./support/quantities.ts";
import { watchHost } from "./support/watch-host.ts";

const files = 2_000;
const warmUps = 2;
/** What a server does after a push, such as getting ready for the next, is over by then. */
const pauseMs = 2_500;
const tag = "berth-bench:notes";

export const dockerSettings = {
  BERTH_RUNTIME: "docker",
  BERTH_MIRRORS: process.env["BERTH_MIRRORS"] ?? "docker.io=http://127.0.0.1:5055",
};

export async function benchDocker(rounds: number): Promise<Quantity[]> {
  const quantities: Quantity[] = [];
  const berth = await startBerth(dockerSettings);
  const app = await makeNotesApp(berth, "notes", files);
  writeDockerfile(app.folder);
  ignore(app);
  try {
    const changes = await benchChanges(berth, app, rounds);
    const first = await benchFirst(berth, app, Math.max(3, Math.round(rounds / 3)));
    const wakes = await benchWakes(berth, app, rounds);
    quantities.push(...changes, ...first, ...wakes);
  } finally {
    await berth.stop();
    await docker("rmi", "--force", tag).catch(() => "");
    app.remove();
  }
  quantities.push(...(await benchRegistry(rounds)));
  await tellDiskUse();
  return quantities;
}

/** A change of code alone. */
async function benchChanges(berth: Berth, app: NotesApp, rounds: number): Promise<Quantity[]> {
  const served: number[] = [];
  const image: number[] = [];
  const floor: number[] = [];
  const floorImage: number[] = [];
  const watch = watchHost(berth.port, "notes.localhost", 8);
  for (let round = -warmUps; round < rounds; round++) {
    const text = `round ${round} of ${rounds}`;
    await app.say(text);
    await sleep(pauseMs);
    const pushAt = performance.now();
    const push = app.git("push", "--quiet", "berth", "main");
    const [seenAt] = await Promise.all([watch.sees(text), push]);
    const buildMs = await timeBuild(app.folder, tag);
    const runMs = await timeRun(tag, text);
    if (round < 0) continue;
    served.push(seenAt - pushAt);
    image.push(await lastImageMs(berth));
    floor.push(buildMs + runMs);
    floorImage.push(buildMs);
  }
  await watch.close();
  return [
    { what: "docker: push → served", values: served, unit: "ms", floor, goal: { p50: 1_000 } },
    { what: "docker: image of a change", values: image, unit: "ms", floor: floorImage, goal: { p50: 200 } },
  ];
}

/** All made anew but what the package manager has kept: package.json changes, so that no layer of dependencies fits. */
async function benchFirst(berth: Berth, app: NotesApp, rounds: number): Promise<Quantity[]> {
  const image: number[] = [];
  const floor: number[] = [];
  for (let round = 0; round < rounds; round++) {
    await changeManifest(app, round);
    await sleep(pauseMs);
    await app.git("push", "--quiet", "berth", "main");
    image.push(await lastImageMs(berth));
    await sleep(pauseMs);
    floor.push(await timeBuild(app.folder, tag));
  }
  return [{ what: "docker: first image, packages cached", values: image, unit: "ms", floor, goal: {} }];
}

async function changeManifest(app: NotesApp, round: number): Promise<void> {
  const manifest = join(app.folder, "package.json");
  const content: object = JSON.parse(readFileSync(manifest, "utf8"));
  writeFileSync(
    manifest,
    JSON.stringify({ ...content, description: `first image ${round} of process ${process.pid}` }, null, 2),
  );
  await app.say(`first ${round}`);
}

/** From the first request for a sleeping app to its answer. */
async function benchWakes(berth: Berth, app: NotesApp, rounds: number): Promise<Quantity[]> {
  const woken: number[] = [];
  const floor: number[] = [];
  const text = "asleep until someone asks";
  writeFileSync(join(app.folder, "berth.yaml"), "services:\n  web:\n    scale: { min: 0, idle: 1s }\n");
  await app.say(text);
  await app.git("push", "--quiet", "berth", "main");
  await timeBuild(app.folder, tag);
  for (let round = 0; round < rounds; round++) {
    await asleep(berth);
    const start = performance.now();
    const { body } = await berth.get("notes.localhost");
    if (body !== text) throw new Error(`the wake was answered with ${body}`);
    woken.push(performance.now() - start);
    floor.push(await timeRun(tag, text));
  }
  return [{ what: "docker: cold start", values: woken, unit: "ms", floor, goal: {} }];
}

/** What a change of code alone costs to bring to a registry of this machine. */
async function benchRegistry(rounds: number): Promise<Quantity[]> {
  const pushed: number[] = [];
  const floor: number[] = [];
  const registry = process.env["BENCH_REGISTRY"] ?? "localhost:5055";
  const berth = await startBerth({ ...dockerSettings, BERTH_REGISTRY: `${registry}/berth-bench` });
  const app = await makeNotesApp(berth, "notes", files);
  const tag = `${registry}/berth-bench/by-hand:notes`;
  writeDockerfile(app.folder);
  ignore(app);
  try {
    for (let round = -warmUps; round < rounds; round++) {
      // The registry keeps what an earlier run has pushed.
      await app.say(`round ${round} of process ${process.pid} at ${Date.now()}`);
      await app.git("push", "--quiet", "berth", "main");
      await timeBuild(app.folder, tag);
      const pushMs = await timePush(tag);
      if (round < 0) continue;
      pushed.push(await lastPublishMs(berth));
      floor.push(pushMs);
    }
  } finally {
    await berth.stop();
    await docker("rmi", "--force", tag).catch(() => "");
    app.remove();
  }
  return [{ what: "docker: change to a registry", values: pushed, unit: "ms", floor, goal: { p50: 150 } }];
}

async function lastPublishMs(berth: Berth): Promise<number> {
  const line = (await lastTimeline(berth)).findLast(({ text }) => text.startsWith("pushed "));
  const ms = /in (\d+) ms$/.exec(line?.text ?? "")?.[1];
  if (ms === undefined) throw new Error("the timeline does not say that anything was pushed");
  return Number(ms);
}

/** Ten apps on one base: what lies on the disk. */
async function tellDiskUse(): Promise<void> {
  const berth = await startBerth(dockerSettings);
  try {
    for (let index = 1; index <= 10; index++) {
      const app = await makeNotesApp(berth, `notes-${index}`, 50 * index);
      await app.say(`app ${index}`);
      await app.git("push", "--quiet", "berth", "main");
      app.remove();
    }
    const report = await (await berth.api().images.$get({ query: {} })).json();
    const mb = (bytes: number) => `${(bytes / 1e6).toFixed(1)} MB`;
    const apps = report.apps.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0);
    const shared = report.apps.reduce((sum, { sharedBytes }) => sum + sharedBytes, 0);
    console.log(
      `10 apps on one base: ${mb(report.blobsBytes)} in all, of it the base ${mb(report.basesBytes)}, once; ` +
        `the apps' own layers add up to ${mb(apps)}, of which ${mb(shared)} are shared between them`,
    );
  } finally {
    await berth.stop();
  }
}

/** Resolves when nothing runs for the app. */
async function asleep(berth: Berth): Promise<void> {
  for (;;) {
    const { services } = await berth.status("notes");
    if (services.every(({ instances }) => instances.length === 0)) return;
    await sleep(100);
  }
}

/** How long the newest deploy took for the image, as its timeline says. */
async function lastImageMs(berth: Berth): Promise<number> {
  const end = (await lastTimeline(berth)).find(({ phase, kind }) => phase === "image" && kind === "end");
  if (end?.durationMs == null) throw new Error("the timeline has no image");
  return end.durationMs;
}

async function lastTimeline(berth: Berth): Promise<OperationEvent[]> {
  const { items } = await (await berth.api().operations.$get({ query: { app: "notes", limit: "1" } })).json();
  const { id } = items[0]!;
  const headers = { authorization: `Bearer ${berth.token()}` };
  const answer = await fetch(`${berth.url}/api/v1/operations/${id}/events`, { headers });
  return ((await answer.json()) as { items: OperationEvent[] }).items;
}

/** What the measurement itself puts into the folder is no part of the app. */
function ignore(app: NotesApp): void {
  appendFileSync(join(app.folder, ".git/info/exclude"), "Dockerfile.bench\n.dockerignore\n");
}
