import { quietLog } from "@berth/core";
import type { Clock, Log, Random, Store } from "@berth/core";
import { afterEach, beforeEach, describe } from "vitest";
import { testApps } from "./apps.ts";
import { testArtifacts } from "./artifacts.ts";
import { testAudit } from "./audit.ts";
import { testBases } from "./bases.ts";
import { testChanges } from "./changes.ts";
import { testClusters } from "./clusters.ts";
import { testConfig } from "./config.ts";
import { testCrons } from "./crons.ts";
import { testDrills } from "./drills.ts";
import { testEnvironments } from "./environments.ts";
import { makeTestClock, type TestClock, testRandom } from "./fixtures.ts";
import { testInstallation } from "./installation.ts";
import { testInterleavings } from "./interleavings.ts";
import { testOperations } from "./operations.ts";
import { testPorts } from "./ports.ts";
import { testPromoting } from "./promoting.ts";
import { testReleaseHistory } from "./release-history.ts";
import { testReleases } from "./releases.ts";
import { testTimelines } from "./timelines.ts";
import { testTokens } from "./tokens.ts";
import { testUsage } from "./usage.ts";
import { testWakes } from "./wakes.ts";
import { testWorkloads } from "./workloads.ts";

export interface StoreDeps {
  clock: Clock;
  random: Random;
  log: Log;
}

/** A store that has a database of its own. */
export interface StoreUnderTest {
  store: Store;
  /** Closes the store, and opens its database again as `store`. */
  reopen(): Promise<void>;
  /** Closes the store and removes its database. */
  dispose(): Promise<void>;
}

/** What each test is handed: a new store, and its time. */
export interface Given {
  readonly store: Store;
  readonly clock: TestClock;
  reopen(): Promise<void>;
}

/** The tests that every store passes. */
export function describeStore(name: string, open: (deps: StoreDeps) => Promise<StoreUnderTest>): void {
  describe(name, () => {
    let current: { subject: StoreUnderTest; clock: TestClock } | undefined;

    beforeEach(async () => {
      const clock = makeTestClock();
      current = { subject: await open({ clock, random: testRandom, log: quietLog }), clock };
    });
    afterEach(async () => {
      await current?.subject.dispose();
      current = undefined;
    });

    const now = () => {
      if (current === undefined) throw new Error("there is a store within tests only");
      return current;
    };
    const given: Given = {
      get store() {
        return now().subject.store;
      },
      get clock() {
        return now().clock;
      },
      reopen: () => now().subject.reopen(),
    };

    describe("apps", () => testApps(given));
    describe("environments", () => testEnvironments(given));
    describe("ports", () => testPorts(given));
    describe("creating and failing releases", () => testReleases(given));
    describe("promoting releases", () => testPromoting(given));
    describe("the history of releases", () => testReleaseHistory(given));
    describe("releases under contention", () => testInterleavings(given));
    describe("artifacts", () => testArtifacts(given));
    describe("operations", () => testOperations(given));
    describe("timelines", () => testTimelines(given));
    describe("crons", () => testCrons(given));
    describe("tokens", () => testTokens(given));
    describe("audit", () => testAudit(given));
    describe("changes", () => testChanges(given));
    describe("clusters", () => testClusters(given));
    describe("config", () => testConfig(given));
    describe("bases", () => testBases(given));
    describe("workloads", () => testWorkloads(given));
    describe("wakes", () => testWakes(given));
    describe("drills", () => testDrills(given));
    describe("usage", () => testUsage(given));
    describe("installation", () => testInstallation(given));
  });
}
