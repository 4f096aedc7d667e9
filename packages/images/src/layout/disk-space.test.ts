import { expect, it } from "vitest";
import { makeDiskSpace, reserveBytes } from "./disk-space.ts";

const mib = 2 ** 20;
const full = { code: "disk.full" };

it("keeps room for one thing on its way from the next", async () => {
  const disk = { free: reserveBytes + 100 };
  const space = makeDiskSpace(async () => disk.free);
  const outcomes = await Promise.allSettled([space.hold(60), space.hold(60)]);
  expect(outcomes.map(({ status }) => status).sort()).toEqual(["fulfilled", "rejected"]);
  const held = outcomes.find((one) => one.status === "fulfilled")!.value;
  disk.free -= 60;
  await expect(space.hold(40)).rejects.toMatchObject(full);
  held.shrinkTo(0);
  (await space.hold(40)).release();
  held.release();
  await expect(space.hold(41)).rejects.toMatchObject(full);
});

it("says how much is needed and how much there is", async () => {
  const space = makeDiskSpace(async () => reserveBytes + 5 * mib);
  await space.check(5 * mib, "node:24-slim");
  await expect(space.check(6 * mib, "node:24-slim")).rejects.toMatchObject({
    ...full,
    message: "node:24-slim takes 6 MiB. The disk that holds BERTH_HOME has 133 MiB free, and 128 MiB of it stay so.",
  });
});
