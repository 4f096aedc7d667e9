import type { Digest, IdentifiedWorkload, Runtime } from "@berth/core";
import { afterEach, beforeEach } from "vitest";
import { appFolder, makeTestWorkload } from "./helpers.ts";
import type { RuntimeUnderTest } from "./runtime-under-test.ts";

export interface Fresh {
  readonly test: RuntimeUnderTest;
  readonly runtime: Runtime;
  workload(program: string, changes?: Partial<IdentifiedWorkload>): IdentifiedWorkload;
}

/** A runtime of its own for each test of the surrounding `describe`, gone afterwards. */
export function useFresh(open: () => Promise<RuntimeUnderTest>): Fresh {
  let current: { test: RuntimeUnderTest; image: Digest } | null = null;
  beforeEach(async () => {
    const test = await open();
    current = { test, image: await test.makeImage(appFolder) };
  });
  afterEach(async () => {
    await current?.test.dispose();
    current = null;
  });
  const get = () => {
    if (!current) throw new Error("Only inside a test.");
    return current;
  };
  return {
    get test() {
      return get().test;
    },
    get runtime() {
      return get().test.runtime;
    },
    workload: (program, changes) => makeTestWorkload(get().image, program, changes),
  };
}
