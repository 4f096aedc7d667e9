import { BerthError, systemActor } from "@berth/core";
import { afterEach, beforeEach, expect, test } from "vitest";
import { makeGate, until } from "./testing/gate.ts";
import { type Harbour, startHarbour } from "./testing/harbour.ts";

let harbour: Harbour;
let copy: string;
let base: string;
beforeEach(async () => {
  harbour = await startHarbour();
  copy = await harbour.workingCopy("shop", { "server.js": "1" });
  base = await harbour.commit(copy, {}, "Begin again");
  await harbour.git(copy, ["remote", "add", "berth", harbour.url("shop")]);
});
afterEach(() => harbour.close());

const push = (...args: string[]) => harbour.git(copy, ["push", "berth", ...args]);
const failBuild = async () => {
  throw new BerthError("build.failed", "web: npm run build exited with 1.", {
    hint: "Mend it.",
    details: ["first \u001b[31mred\u001b[0m", "\u001b]0;title\u0007last\u001b[2J"],
  });
};

test("the first push makes the app, deploys production and moves the ref", async () => {
  const { code, output } = await push("main");
  expect(output).toContain("[new branch]      main -> main");
  expect(output).toMatch(/remote: live +v1 in .* http:\/\/shop\.test/);
  expect(code).toBe(0);
  expect(await harbour.store.apps.get("shop")).toMatchObject({ defaultBranch: "main", createdBy: "ada" });
  expect(await harbour.refAt("shop", "refs/heads/main")).toBe(base);
  const [deployed] = harbour.deployments.deployed;
  expect(deployed).toMatchObject({
    app: "shop",
    environment: "production",
    ref: { branch: "main", commit: base },
    origin: { commit: base, branch: "main", message: "Begin again", author: "Ada" },
  });
  expect(deployed!.source.id).toBe(deployed!.origin.tree);
});

test("progress arrives while the deploy goes on", async () => {
  const gate = makeGate();
  harbour.deployments.build = async (_request, tell) => {
    tell({ kind: "line", text: "compiling" });
    await gate.passed;
    tell({ kind: "line", text: "compiled" });
  };
  let seen = "";
  const pushing = harbour.git(copy, ["push", "berth", "main"], { onOutput: (text) => (seen += text) });
  await until(() => seen.includes("| compiling"));
  expect(seen).not.toContain("compiled");
  gate.open();
  expect((await pushing).output).toContain("| compiled");
});

test("a failed deploy refuses the ref, says why, and keeps what was", async () => {
  await push("main");
  harbour.deployments.build = failBuild;
  await harbour.commit(copy, { "server.js": "2" });
  const { code, output } = await push("main");
  expect(code).toBe(1);
  expect(output).toContain("! [remote rejected] main -> main (web: npm run build exited with 1.)");
  expect(output).toContain("first \u001b[31mred\u001b[0m");
  expect(output).toContain("| last");
  expect(output).not.toContain("\u001b]0");
  expect(output).not.toContain("\u001b[2J");
  expect(output).toMatch(/hint +Mend it\./);
  expect(output).toMatch(/still +v1 is live/);
  expect(await harbour.refAt("shop", "refs/heads/main")).toBe(base);
});

test("of two pushes at once the second waits, and is refused before its build once it is stale", async () => {
  await push("main");
  const gate = makeGate();
  let builds = 0;
  harbour.deployments.build = () => {
    builds += 1;
    return gate.passed;
  };
  const other = `${harbour.folder}/other`;
  await harbour.git(harbour.folder, ["clone", "--quiet", harbour.url("shop"), other]);
  const mine = await harbour.commit(copy, { "server.js": "mine" });
  await harbour.commit(other, { "server.js": "theirs" });
  const first = push("main");
  await until(() => builds === 1);
  let seen = "";
  const onOutput = (text: string) => (seen += text);
  const second = harbour.git(other, ["push", "origin", "main"], { onOutput });
  await until(() => seen.includes("berth   shop production"));
  gate.open();
  expect((await first).code).toBe(0);
  const { code, output } = await second;
  expect(code).toBe(1);
  expect(output).toContain("! [rejected]        main -> main (fetch first)");
  expect(output).toContain("git pull --rebase");
  expect(builds).toBe(1);
  expect(await harbour.refAt("shop", "refs/heads/main")).toBe(mine);
});

test("a forced push deploys what is not a descendant", async () => {
  await push("main");
  await harbour.git(copy, ["commit", "--quiet", "--amend", "--allow-empty", "-m", "Another"]);
  expect((await push("main")).output).toContain("non-fast-forward");
  const { code, output } = await push("+main");
  expect(output).toContain("(forced update)");
  expect(code).toBe(0);
  expect(harbour.deployments.deployed).toHaveLength(2);
});

test("another branch gets an environment of its own, which goes with the branch", async () => {
  await push("main");
  await push("main:feature/Cart");
  expect(harbour.deployments.deployed[1]).toMatchObject({ environment: "feature-cart" });
  await push("main:feature-cart");
  expect(harbour.deployments.deployed[2]!.environment).toMatch(/^feature-cart-[\da-f]{6}$/);
  const { code, output } = await push("--delete", "feature/Cart");
  expect(output).toContain("- [deleted]         feature/Cart");
  expect(code).toBe(0);
  expect([...harbour.store.environmentsOf.keys()]).not.toContain("shop feature-cart");
  expect(await harbour.refAt("shop", "refs/heads/feature/Cart")).toBe("");
});

test("the default branch is not deleted by a push", async () => {
  await push("main");
  const { code, output } = await push("--delete", "main");
  expect(code).toBe(1);
  expect(output).toContain("main is production of shop");
  expect(await harbour.refAt("shop", "refs/heads/main")).toBe(base);
});

test("what production follows is not deleted by a push either, where another branch was made the default", async () => {
  await push("main");
  await harbour.store.apps.setDefaultBranch("shop", "next", systemActor);
  const { code, output } = await push("--delete", "main");
  expect(code).toBe(1);
  expect(output).toContain("main is production of shop");
  expect(harbour.store.environmentsOf.has("shop production")).toBe(true);
});

test("each ref of a push has a result of its own", async () => {
  harbour.deployments.build = async ({ environment }) => {
    if (environment === "broken") await failBuild();
  };
  const { code, output } = await push("main", "main:broken", "main:fine");
  expect(code).toBe(1);
  expect(output).toContain("[new branch]      main -> main");
  expect(output).toContain("[new branch]      main -> fine");
  expect(output).toContain("! [remote rejected] main -> broken");
  expect(await harbour.refAt("shop", "refs/heads/broken")).toBe("");
  expect(await harbour.refAt("shop", "refs/heads/fine")).toBe(base);
});

test("a push that must be whole or nothing is refused before it begins", async () => {
  const { code, output } = await push("--atomic", "main", "main:fine");
  expect(code).not.toBe(0);
  expect(output).toContain("--atomic");
  expect(harbour.deployments.deployed).toEqual([]);
});

test("a pusher that disconnects does not stop the deploy, nor the next ref of its push", async () => {
  const gate = makeGate();
  let builds = 0;
  harbour.deployments.build = () => {
    builds += 1;
    return gate.passed;
  };
  const pushing = push("main", "main:other");
  await until(() => builds === 1);
  harbour.disconnect();
  expect((await pushing).code).not.toBe(0);
  gate.open();
  await until(async () => (await harbour.refAt("shop", "refs/heads/other")) === base);
  expect(await harbour.refAt("shop", "refs/heads/main")).toBe(base);
});

test("branches that cannot be beside each other are refused before a build", async () => {
  await push("main", "main:area/one");
  const { output } = await push("main:area");
  expect(output).toContain("The branch area cannot be beside the branch area/one.");
  expect(harbour.deployments.deployed).toHaveLength(2);
});

test("branches that cannot be beside each other are refused while neither is a ref yet", async () => {
  await push("main");
  const gate = makeGate();
  harbour.deployments.build = () => gate.passed;
  const first = push("main:area/one");
  await until(() => harbour.deployments.deployed.length === 2);
  const { output } = await push("main:area");
  gate.open();
  expect(output).toContain("The branch area cannot be beside the branch area/one.");
  expect((await first).code).toBe(0);
});

test("tags are kept without a deploy, and other refs are refused", async () => {
  await push("main");
  await harbour.git(copy, ["tag", "v1.0"]);
  expect((await push("v1.0")).code).toBe(0);
  expect(await harbour.refAt("shop", "refs/tags/v1.0")).toBe(base);
  const { output } = await push("main:refs/notes/x");
  expect(output).toContain("! [remote rejected] main -> refs/notes/x (Berth does not take refs/notes/x.)");
  expect(harbour.deployments.deployed).toHaveLength(1);
});

test("a working tree is deployed without a branch, and kept for the next", async () => {
  await push("main");
  const commit = await harbour.commit(copy, { "server.js": "draft" });
  const { code, output } = await push("+HEAD:refs/berth/deploy/production");
  expect(output).toContain("working tree of ada");
  expect(code).toBe(0);
  expect(harbour.deployments.deployed[1]).toMatchObject({
    environment: "production",
    ref: null,
    origin: { commit: null, branch: null, author: null, message: "working tree of ada" },
  });
  expect(await harbour.refAt("shop", "refs/heads/main")).toBe(base);
  expect(await harbour.refAt("shop", "refs/berth/deploy/production")).toBe(commit);
  const fetched = await harbour.git(copy, ["ls-remote", "berth"]);
  expect(fetched.output).not.toContain("refs/berth");
});

test("the branch named first of main and master is production, and the other is not", async () => {
  await push("main:master");
  await push("main");
  expect(harbour.deployments.deployed.map(({ environment }) => environment)).toEqual(["production", "main"]);
});
