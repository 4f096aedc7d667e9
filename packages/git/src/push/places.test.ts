import { expect, test } from "vitest";
import { makeMemoryStore } from "../testing/memory-store.ts";
import { makePlaces } from "./places.ts";

const ada = { person: "ada", role: "deployer" } as const;

async function makeHarness() {
  const store = makeMemoryStore();
  await store.apps.create({ name: "shop", defaultBranch: null }, ada);
  const hold = (branch: string) => makeOne.hold("shop", branch, ada);
  const makeOne = makePlaces(store);
  const addEnvironment = (name: string, branch: string | null) =>
    store.environmentsOf.set(`shop ${name}`, {
      app: "shop",
      name,
      kind: name === "production" ? "production" : "preview",
      branch,
      cluster: null,
      desired: 1,
      live: 1,
      revision: 1,
      pendingRef: null,
      createdAt: 0,
      createdBy: "ada",
      usedAt: 0,
      ttlMs: null,
      keptUntil: null,
      isProtected: false,
      shareEpoch: 0,
    });
  return { store, hold, addEnvironment };
}

test("two branches of one name, pushed at once, get two environments", async () => {
  const { hold } = await makeHarness();
  const [one, two] = await Promise.all([hold("feature/a"), hold("feature-a")]);
  expect(one.environment).toBe("feature-a");
  expect(two.environment).toMatch(/^feature-a-[\da-f]{6}$/);
  one.release();
  expect((await hold("Feature.A")).environment).toBe("feature-a");
});

test("a branch does not get the environment of one that is called as it would be", async () => {
  const { hold } = await makeHarness();
  const { environment, release } = await hold("console");
  release();
  const other = await hold(environment);
  expect(other.environment).toBe(environment);
  expect((await hold("console")).environment).not.toBe(environment);
});

test("of main and master, pushed at once, one is production", async () => {
  const { hold, store } = await makeHarness();
  const [main, master] = await Promise.all([hold("main"), hold("master")]);
  expect([main.environment, master.environment]).toEqual(["production", "master"]);
  expect(await store.apps.get("shop")).toMatchObject({ defaultBranch: "main" });
});

test("a branch keeps its environment, and takes one that has no branch yet", async () => {
  const { hold, addEnvironment } = await makeHarness();
  addEnvironment("renamed", "feature/a");
  addEnvironment("draft", null);
  expect((await hold("feature/a")).environment).toBe("renamed");
  expect((await hold("draft")).environment).toBe("draft");
});

test("the app's own default branch is production, and main is not then", async () => {
  const { hold, store } = await makeHarness();
  await store.apps.setDefaultBranch("shop", "trunk", ada);
  expect((await hold("trunk")).environment).toBe("production");
  expect((await hold("main")).environment).toBe("main");
});

test("an environment that follows another branch is not changed", async () => {
  const { hold, store, addEnvironment } = await makeHarness();
  addEnvironment("production", "main");
  await store.apps.setDefaultBranch("shop", "trunk", ada);
  await expect(hold("trunk")).rejects.toThrow("shop production follows the branch main, and trunk was pushed.");
});

test("what berth.yaml says of a branch comes before all else, and its names are taken", async () => {
  const { store, addEnvironment } = await makeHarness();
  const places = makePlaces(store);
  const declared = { staging: ["main", "next/*"] };
  addEnvironment("production", "main");
  const hold = async (branch: string) => (await places.hold("shop", branch, ada, declared)).environment;
  expect(await hold("main")).toBe("staging");
  expect(await hold("next/1")).toBe("staging");
  expect(await hold("staging")).toMatch(/^staging-[\da-f]{6}$/);
  const production = { production: ["live"] };
  expect((await places.hold("shop", "live", ada, production)).environment).toBe("production");
  expect((await places.hold("shop", "trunk", ada, production)).environment).toBe("trunk");
});

test("what a person works on is not taken by a branch of their name", async () => {
  const { hold, store, addEnvironment } = await makeHarness();
  addEnvironment("ada", null);
  store.environmentsOf.set("shop ada", { ...store.environmentsOf.get("shop ada")!, kind: "dev" });
  expect((await hold("ada")).environment).toMatch(/^ada-[\da-f]{6}$/);
});

test("an app that was removed meanwhile is told", async () => {
  const { store } = await makeHarness();
  await expect(makePlaces(store).hold("gone", "main", ada)).rejects.toMatchObject({ code: "app.not-found" });
});
