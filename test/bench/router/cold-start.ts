import { randomBytes } from "node:crypto";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { type Berth, startBerth } from "../../support/berth.ts";
import { hasCluster, startOnCluster } from "../../support/cluster.ts";
import { hasDocker } from "../../support/parts.ts";
import { makeRepository, type Repository } from "../../support/repository.ts";
import { startByHand } from "../cluster/by-hand.ts";
import { docker, timeBuild, timeRun } from "../docker/engine.ts";
import { dockerSettings } from "../docker.ts";
import { startAndStop } from "../support/node-server.ts";
import type { Quantity } from "../support/quantities.ts";
import { asleep, makeSleepingApp } from "./sleeping-app.ts";

const name = "cold";
const host = `${name}.localhost`;
const text = "asleep until someone asks";
const tag = "berth-bench:cold";
/** What a runtime does when an app has gone to sleep, such as getting ready for the next wake, is over by then. */
const pauseMs = 1_000;

/** One request to an app that sleeps, on each runtime that is there, beside what the same app needs without Berth to answer its first. */
export async function benchColdStarts(rounds: number): Promise<Quantity[]> {
  const quantities = [await onProcess(rounds)];
  const engine = await hasDocker();
  if (engine.isThere) quantities.push(await onDocker(rounds));
  else console.log(`  no cold starts with docker: ${engine.reason}`);
  const cluster = await hasCluster();
  if (cluster.isThere) quantities.push(await onCluster(rounds));
  else console.log(`  no cold starts on a cluster: ${cluster.reason}`);
  return quantities;
}

async function onProcess(rounds: number): Promise<Quantity> {
  const berth = await startBerth();
  try {
    const byHand = ({ folder }: Repository) => startAndStop(folder, text);
    return makeQuantity("process", await timeWakes(berth, rounds, byHand), 100);
  } finally {
    await berth.stop();
  }
}

async function onDocker(rounds: number): Promise<Quantity> {
  const berth = await startBerth(dockerSettings);
  let isBuilt = false;
  const byHand = async ({ folder }: Repository) => {
    if (!isBuilt) await buildImage(folder);
    isBuilt = true;
    return await timeRun(tag, text);
  };
  try {
    return makeQuantity("docker", await timeWakes(berth, rounds, byHand), 250);
  } finally {
    await berth.stop();
    await docker("rmi", "--force", tag).catch(() => "");
  }
}

async function buildImage(folder: string): Promise<void> {
  const steps = ["FROM node:24-slim", "WORKDIR /app", "COPY . .", "USER 1000:1000", 'CMD ["node", "server.js"]'];
  writeFileSync(join(folder, "Dockerfile.bench"), `${steps.join("\n")}\n`);
  await timeBuild(folder, tag);
}

async function onCluster(rounds: number): Promise<Quantity> {
  const on = await startOnCluster();
  const byHand = await startByHand(`b${randomBytes(3).toString("hex")}-cold`);
  try {
    await byHand.deploy(makeSleepingApp(name, text));
    return makeQuantity("cluster", await timeWakes(on.berth, rounds, () => byHand.scaleUp()), 1_000);
  } finally {
    await byHand.remove();
    await on.stop();
  }
}

interface Wakes {
  woken: number[];
  floor: number[];
}

/** Deploys the app, and in each round wakes it and does the same by hand. */
async function timeWakes(
  berth: Berth,
  rounds: number,
  byHand: (repository: Repository) => Promise<number>,
): Promise<Wakes> {
  const times: Wakes = { woken: [], floor: [] };
  const repository = await makeRepository(berth, name, makeSleepingApp(name, text));
  try {
    await repository.deploy();
    for (let round = 0; round < rounds; round++) {
      await asleep(berth, name);
      await sleep(pauseMs);
      const begin = performance.now();
      const { status, body } = await berth.get(host);
      const ms = performance.now() - begin;
      if (status !== 200 || body !== text) throw new Error(`the wake was answered with ${status} ${body}`);
      times.woken.push(ms);
      times.floor.push(await byHand(repository));
    }
  } finally {
    repository.remove();
  }
  return times;
}

function makeQuantity(runtime: string, { woken, floor }: Wakes, goalMs: number): Quantity {
  return { what: `cold start: ${runtime}`, values: woken, unit: "ms", floor, goal: { p50: goalMs } };
}
