import { BerthError } from "@berth/core";
import { makeManualClock } from "@berth/core/testing";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { type ClusterLinks, makeLinks } from "./links.ts";
import type { ClusterMember } from "./open-member.ts";

const quiet = () => undefined;
let log = { debug: quiet, info: quiet, warn: vi.fn<() => void>(), error: quiet };
let clock = makeManualClock();
let isThere = false;
let joined: string[] = [];
let away: string[] = [];
let closed = 0;
let tries = 0;
let links: ClusterLinks;

function makeMember(): ClusterMember {
  const close = async () => void (closed += 1);
  return { close } as unknown as ClusterMember;
}

beforeEach(() => {
  log = { ...log, warn: vi.fn<() => void>() };
  clock = makeManualClock();
  [isThere, joined, away, closed, tries] = [false, [], [], 0, 0];
  links = makeLinks({
    async connect() {
      tries += 1;
      if (!isThere) throw new BerthError("cluster.unreachable", "Nothing listens there.");
      return makeMember();
    },
    onJoin: async (name) => void joined.push(name),
    onAway: (name) => void away.push(name),
    clock,
    log,
  });
});
afterEach(() => links.close());

describe("a cluster that is away", () => {
  it("is tried again, with growing pauses, until it is there, and told of once", async () => {
    await links.open("eu");
    expect(away).toEqual(["eu"]);
    expect(links.trouble("eu")?.message).toBe("Nothing listens there.");
    for (const [pauseMs, count] of [
      [1_000, 2],
      [2_000, 3],
      [4_000, 4],
    ] as const) {
      clock.advance(pauseMs - 1);
      await settle();
      expect(tries).toBe(count - 1);
      clock.advance(1);
      await settle();
      expect(tries).toBe(count);
    }
    expect(log.warn).toHaveBeenCalledTimes(1);
    isThere = true;
    clock.advance(8_000);
    await settle();
    expect(joined).toEqual(["eu"]);
    expect(links.member("eu")).not.toBeNull();
    expect(links.trouble("eu")).toBeNull();
  });

  it("that is forgotten meanwhile is tried no more", async () => {
    await links.open("eu");
    expect(links.drop("eu")).toBeNull();
    isThere = true;
    clock.advance(60_000);
    await settle();
    expect([tries, joined]).toEqual([1, []]);
  });
});

it("a cluster that is connected is closed with the others", async () => {
  isThere = true;
  await links.open("eu");
  await links.hold("us", makeMember());
  await links.close();
  expect(closed).toBe(2);
});

async function settle() {
  for (let turn = 0; turn < 5; turn++) await new Promise(setImmediate);
}
