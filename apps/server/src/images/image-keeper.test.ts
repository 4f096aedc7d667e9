import type { Digest, Release } from "@berth/core";
import { expect, it } from "vitest";
import { makeImageKeeper, type ImageKeeperDeps } from "./image-keeper.ts";

const digestOf = (digit: string): Digest => `sha256:${digit.repeat(64)}`;

function makeRelease(environment: string, services: readonly string[]): Release {
  const released = services.map((name, index) => ({ spec: { name }, image: digestOf(String(index)) }));
  return { app: "shop", environment, version: 7, snapshot: { services: released } } as unknown as Release;
}

it.each([
  ["production", ["web"], [["v7"]]],
  ["production", ["web", "worker"], [["v7-web"], ["v7-worker"]]],
  // The tags are those that Berth's own registry has: versions of previews would collide with them.
  ["login", ["web"], [[]]],
])("puts the images of a release of %s with %j outside under the tags %j", async (environment, services, tags) => {
  const pushed: { app: string; digest: Digest; tags: readonly string[] }[] = [];
  const registries = { publish: async (image: (typeof pushed)[number]) => void pushed.push(image) };
  const keeper = makeImageKeeper({ registries } as unknown as ImageKeeperDeps);
  await keeper.publishRelease(makeRelease(environment, services), AbortSignal.timeout(1_000));
  expect(pushed).toEqual(tags.map((each, index) => ({ app: "shop", digest: digestOf(String(index)), tags: each })));
});
