import { describe, expect, it } from "vitest";
import type { ReleaseCommand } from "../release.ts";
import type { ServiceSpec } from "../service.ts";
import { diffLines, shortDiffLines } from "./diff-lines.ts";
import { diffReleases } from "./release-diff.ts";
import type { CodeChange, DiffedService, DiffSide, LockedVersion } from "./sides.ts";

const origin = { commit: null, tree: "0", branch: null, message: "", author: null };
const web: DiffedService = {
  spec: {
    name: "web",
    source: ".",
    command: { argv: ["node", "server.js"] },
    routes: ["/"],
    listens: true,
    health: { path: "/", timeoutMs: 30_000 },
    scale: { min: 1, max: 1, idleMs: 300_000 },
    resources: { cpuMillis: 250, memoryBytes: 512 * 2 ** 20 },
    env: { LEVEL: "info", KEEP: "1", OLD: "x" },
    stopGraceMs: 10_000,
  },
  image: "sha256:one",
  base: { image: "docker.io/library/node:24-slim", digest: `sha256:${"a".repeat(64)}` },
  packages: null,
  objects: [{ kind: "Deployment", name: "web-1" }],
};
const serviceOf = (parts: Partial<DiffedService>, spec: Partial<ServiceSpec> = {}): DiffedService => ({
  ...web,
  ...parts,
  spec: { ...web.spec, ...spec },
});
const side = (
  services: DiffedService[],
  release: ReleaseCommand | null = null,
  version: number | null = 3,
): DiffSide => ({
  version,
  origin,
  release,
  services,
});
const before = side([web]);
const migrate: ReleaseCommand = { command: { argv: ["node", "migrate.js"] }, service: "web", timeoutMs: 1 };
const npm = (name: string, version: string): LockedVersion => ({ type: "npm", name, version });

function lines(after: DiffedService[], of = before, release: ReleaseCommand | null = null) {
  return diffLines(diffReleases(of, side(after, release, null), null)).map(
    ({ subject, text }) => `${subject}: ${text}`,
  );
}

describe("a diff", () => {
  it("is empty where nothing is otherwise", () => {
    const diff = diffReleases(before, side([web], null, null), null);
    expect(diffLines(diff)).toEqual([]);
    expect(shortDiffLines(diff)).toEqual([{ subject: "", text: "nothing is otherwise than in v3" }]);
  });

  it("tells when a service with a schedule runs", () => {
    const cron = { schedule: "0 3 * * *", timezone: "UTC", overlap: "skip", timeoutMs: 60_000, catchUpMs: 0 } as const;
    const nightly = (schedule: string) => serviceOf({}, { cron: { ...cron, schedule, inPreviews: false } });
    expect(lines([nightly("0 5 * * *")], side([nightly("0 3 * * *")]))).toContain(
      "web: schedule 0 3 * * * UTC → 0 5 * * * UTC",
    );
  });

  it("tells a service that restarts from one that goes on with another scale and other routes", () => {
    const scale = { min: 2, max: 5, idleMs: 90_000 };
    expect(lines([serviceOf({}, { scale, routes: ["/", "/shop"] })])).toEqual([
      "web: goes on",
      "web: routes / → / /shop",
      "web: scale 1 → 2 to 5",
      "web: idle 5m → 90s",
    ]);
    const resources = { cpuMillis: 500, memoryBytes: 256 * 2 ** 20 };
    expect(lines([serviceOf({}, { command: { shell: "a | b" }, resources })])).toEqual([
      "web: restarts",
      "web: command node server.js → a | b",
      "web: cpu 250m → 500m",
      "web: memory 512 MiB → 256 MiB",
    ]);
  });

  it("names variables and never their values", () => {
    const text = lines([serviceOf({}, { env: { LEVEL: "debug", KEEP: "1", NEW: "secret" } })]);
    expect(text).toEqual(["web: restarts", "web: + env NEW", "web: - env OLD", "web: env LEVEL has another value"]);
  });

  it("restarts what is reached by other neighbours, though nothing of it is otherwise", () => {
    const api = serviceOf({}, { name: "api", routes: ["/api"] });
    const worker = serviceOf({}, { name: "worker", routes: [], listens: false });
    expect(lines([web, api])).toEqual(["web: restarts", "api: is new", "api: + Deployment web-1"]);
    expect(lines([web, worker], side([web, worker]))).toEqual([]);
  });

  it("tells another image, what it lies on, and what comes and goes on the cluster", () => {
    const base = { image: web.base!.image, digest: `sha256:${"b".repeat(64)}` } as const;
    expect(lines([serviceOf({ image: "sha256:two", base, objects: [{ kind: "Deployment", name: "web-2" }] })])).toEqual(
      [
        "web: restarts: another image",
        "web: base node:24-slim aaaaaaaaaaaa → bbbbbbbbbbbb",
        "web: + Deployment web-2",
        "web: - Deployment web-1, once it is not warm any more",
      ],
    );
    const other = { image: "docker.io/library/node:26-slim", digest: null };
    expect(lines([serviceOf({ image: null, base: other })])).toContain("web: base node:24-slim → node:26-slim");
  });

  it("sorts packages by how much they have changed", () => {
    const old = side([
      serviceOf({ packages: [npm("a", "1.2.0"), npm("b", "1.0.0"), npm("gone", "1.0.0"), npm("z", "0.3.1")] }),
    ]);
    const now = [npm("a", "2.0.0"), npm("b", "1.1.0"), npm("new", "1.0.0"), npm("z", "0.4.0")];
    const after = [serviceOf({ image: "sha256:two", packages: now })];
    expect(lines(after, old).slice(1, 6)).toEqual([
      "web: package a 1.2.0 → 2.0.0, a major version",
      "web: package z 0.3.1 → 0.4.0, a major version",
      "web: + package new 1.0.0",
      "web: - package gone 1.0.0",
      "web: package b 1.0.0 → 1.1.0",
    ]);
    const [short] = shortDiffLines(diffReleases(old, side(after, null, null), null));
    expect(short?.text).toBe("restarts: another image, packages +1, -1, 1 updated, a 1.2.0 → 2.0.0, z 0.3.1 → 0.4.0");
  });

  it("says that a rollback cannot take back what a release command does that has no undo, where it runs", () => {
    const warning = "release: a rollback from it will need --force: the release command has no undo: node migrate.js";
    const changed = [serviceOf({ image: "sha256:two" })];
    expect(lines(changed, before, migrate)).toEqual([
      "web: restarts: another image",
      "release: command none → node migrate.js",
      warning,
    ]);
    expect(lines(changed, side([web], migrate), migrate)).toContain(warning);
    expect(lines([web], side([web], migrate), migrate)).toEqual([]);
    expect(lines(changed, before, { ...migrate, undo: { argv: ["down"] } })).not.toContain(warning);
    expect(lines(changed, before, { ...migrate, rollback: "safe" })).not.toContain(warning);
  });

  it("says nothing of the first release: all of it is new", () => {
    expect(shortDiffLines(diffReleases(null, side([web], migrate, null), null))).toEqual([]);
    expect(diffReleases(null, side([web]), null)).toMatchObject({ before: null, services: [{ change: "new" }] });
  });

  it("stays short however much changes", () => {
    const many = (image: string) =>
      Array.from({ length: 30 }, (_, at) => serviceOf({ image: `sha256:${image}` }, { name: `s${at}` }));
    const diff = diffReleases(side(many("one")), side(many("two"), migrate, null), null);
    expect(shortDiffLines(diff).length).toBeLessThanOrEqual(12);
    expect(shortDiffLines(diff)).toContainEqual({ subject: "", text: "22 more services change" });
  });
});

describe("the code of a diff", () => {
  const commit = (message: string) => ({ commit: message.padEnd(40, "0"), message, author: "Ada" });
  const code = (parts: Partial<CodeChange>): CodeChange => ({
    direction: "forward",
    added: [],
    addedCount: 0,
    removed: [],
    removedCount: 0,
    ...parts,
  });
  const short = (change: CodeChange) =>
    shortDiffLines(diffReleases(before, side([serviceOf({ image: "sha256:two" })], null, null), change))[0]?.text;

  it.each([
    ["2 commits: b (Ada), a (Ada)", code({ added: [commit("b"), commit("a")], addedCount: 2 })],
    ["9 commits: a (Ada), and 8 more", code({ added: [commit("a")], addedCount: 9 })],
    [
      "goes back by 1 commit: without a (Ada)",
      code({ direction: "backward", removed: [commit("a")], removedCount: 1 }),
    ],
    [
      "another history: 1 commit more, and without 1 commit that is live: b (Ada)",
      code({ direction: "aside", added: [commit("a")], addedCount: 1, removed: [commit("b")], removedCount: 1 }),
    ],
    ["git has not both commits any more", code({ direction: "unknown" })],
  ])("is %j", (text, change) => {
    expect(short(change)).toBe(text);
  });
});
