import { describe, expect, it } from "vitest";
import type { Digest } from "../../artifact.ts";
import type { Release, ReleaseCommand } from "../../release.ts";
import type { PastRelease } from "./commands-since.ts";
import { judgeRoom } from "./room.ts";
import { judgeRollback, type ImageTrouble, type RollbackFacts } from "./verdict.ts";

const command: ReleaseCommand = { command: { argv: ["node", "migrate.js"] }, service: "web", timeoutMs: 60_000 };
const withUndo: ReleaseCommand = { ...command, undo: { argv: ["node", "migrate.js", "down"] } };
const safe: ReleaseCommand = { ...command, rollback: "safe" };

const imageOf = (version: number): Digest => `sha256:${version}`;

type Parts = Partial<Omit<Release, "snapshot">> & {
  release?: ReleaseCommand;
  undoes?: number[];
  ended?: PastRelease["command"];
  undone?: number;
};

/** A deploy that was live, whose command has succeeded where it has one. */
function past(version: number, parts: Parts = {}): PastRelease {
  const { release, undoes, ended, undone = 0, ...others } = parts;
  const spec = {
    name: "web",
    source: ".",
    command: { argv: ["node", "server.js"] },
    routes: ["/"],
    listens: true,
    health: { path: "/", timeoutMs: 10_000 },
    scale: { min: 1, max: 1, idleMs: 60_000 },
    resources: { cpuMillis: 100, memoryBytes: 1 },
    env: {},
    stopGraceMs: 1_000,
  };
  return {
    command: ended ?? (release === undefined ? "none" : "succeeded"),
    undone,
    release: {
      app: "shop",
      environment: "production",
      version,
      kind: "deploy",
      carries: null,
      cluster: null,
      snapshot: {
        services: [{ spec, image: imageOf(others.carries ?? version) }],
        ...(release && { release }),
        ...(undoes && { undoes }),
      },
      origin: { commit: null, tree: "0", branch: null, message: "", author: null },
      createdAt: Date.UTC(2026, 0, version, 3, 4),
      createdBy: "ada",
      state: "superseded",
      liveAt: 1,
      supersededAt: null,
      reason: null,
      operation: `op_${version}`,
      ...others,
    },
  };
}

const back = (version: number, carries: number, parts: Parts = {}) =>
  past(version, { kind: "rollback", carries, ...parts });

function judge(history: PastRelease[], version: number, parts: Partial<RollbackFacts> & { undo?: boolean } = {}) {
  const { undo = true, ...facts } = parts;
  const target = history.find(({ release }) => release.version === version)!.release;
  const images = new Map<Digest, ImageTrouble>();
  const verdict = judgeRollback({ target, history, images, cluster: null, ...facts }, { undo });
  return {
    outcome: verdict.outcome,
    undoes: verdict.undoes,
    found: verdict.findings.map(({ kind, weight, version }) => `${kind} v${version} ${weight}`),
    verdict,
  };
}

const cases: [string, PastRelease[], number, { outcome: string; undoes?: number[]; found?: string[] }][] = [
  ["no command ran", [past(1), past(2)], 1, { outcome: "safe" }],
  [
    "a command ran that has no undo",
    [past(1), past(2, { release: command })],
    1,
    { outcome: "blocked", found: ["command v2 blocks"] },
  ],
  ["the target's own command ran before", [past(1, { release: command }), past(2)], 1, { outcome: "safe" }],
  [
    "it was not run, for nothing had changed",
    [past(1), past(2, { release: command, ended: "none" })],
    1,
    { outcome: "safe" },
  ],
  [
    "commands have undos, which run newest first",
    [past(1), past(2, { release: withUndo }), past(3, { release: withUndo })],
    1,
    { outcome: "safe", undoes: [3, 2], found: ["undo v3 note", "undo v2 note"] },
  ],
  [
    "one is declared harmless, and is left as it is",
    [past(1), past(2, { release: withUndo }), past(3, { release: safe })],
    1,
    { outcome: "safe", undoes: [2], found: ["command-safe v3 note", "undo v2 note"] },
  ],
  [
    "nothing is undone below what has no undo",
    [past(1), past(2, { release: withUndo }), past(3, { release: command }), past(4, { release: withUndo })],
    1,
    { outcome: "blocked", undoes: [4], found: ["undo v4 note", "command v3 blocks", "undo v2 note"] },
  ],
  [
    "a release whose command succeeded did not become live, and the one before lived with it",
    [past(1), past(2), past(3, { release: command, state: "failed", liveAt: null }), past(4)],
    2,
    { outcome: "safe" },
  ],
  [
    "such a release lies between",
    [past(1), past(2), past(3, { release: withUndo, state: "failed", liveAt: null }), past(4)],
    1,
    { outcome: "safe", undoes: [3], found: ["undo v3 note"] },
  ],
  [
    "a command failed",
    [past(1), past(2), past(3, { release: command, state: "failed", liveAt: null, ended: "failed" })],
    1,
    { outcome: "safe", found: ["command-failed v3 note"] },
  ],
  [
    "commands were undone before",
    [past(1), past(2, { release: withUndo }), back(3, 1, { undoes: [2], undone: 1 }), past(4, { release: withUndo })],
    1,
    { outcome: "safe", undoes: [4], found: ["undo v4 note"] },
  ],
  [
    "an undo failed half way: what was undone is not undone again",
    [
      past(1),
      past(2, { release: withUndo }),
      past(3, { release: withUndo }),
      back(4, 1, { undoes: [3, 2], undone: 1, state: "failed", liveAt: null }),
    ],
    1,
    { outcome: "safe", undoes: [2], found: ["undo v2 note"] },
  ],
  [
    "its own command was undone",
    [past(1), past(2, { release: withUndo }), back(3, 1, { undoes: [2], undone: 1 })],
    2,
    { outcome: "blocked", found: ["command-undone v2 blocks"] },
  ],
  [
    "its content was live again after the command, for somebody forced it",
    [past(1), past(2, { release: command }), back(3, 1), past(4)],
    1,
    { outcome: "safe" },
  ],
  [
    "only the scale has changed since",
    [past(1), past(2, { release: command, kind: "scale", carries: 1, ended: "none" }), past(3)],
    1,
    { outcome: "safe" },
  ],
];

describe("a rollback", () => {
  it.each(cases)("where %s", (_, history, version, { outcome, undoes = [], found = [] }) => {
    const judged = judge(history, version);
    expect({ outcome: judged.outcome, undoes: judged.undoes, found: judged.found }).toEqual({ outcome, undoes, found });
  });

  it("says which release, which command, when, who, and what to type", () => {
    const { verdict } = judge([past(1), past(2, { release: command })], 1);
    expect(verdict.findings).toEqual([
      {
        kind: "command",
        weight: "blocks",
        version: 2,
        service: "web",
        message:
          "v2's release command has run since (node migrate.js, 2026-01-02 03:04 UTC, by ada), and berth.yaml had no release.undo that takes it back.",
        hint: "If v1 works with what it did: berth rollback v1 --app shop --force",
      },
    ]);
  });

  it("leaves everything as it is on request", () => {
    const { outcome, undoes, found } = judge(
      [past(1), past(2, { release: command }), past(3, { release: withUndo })],
      1,
      { undo: false },
    );
    expect({ outcome, undoes, found }).toEqual({
      outcome: "safe",
      undoes: [],
      found: ["command v3 note", "command v2 note"],
    });
  });

  it("cannot be forced where an image is gone or does not run", () => {
    const history = [past(1), past(2)];
    const gone = judge(history, 1, { images: new Map([[imageOf(1), { kind: "gone" }]]) });
    expect(gone.verdict).toMatchObject({ outcome: "blocked", canForce: false });
    expect(gone.found).toEqual(["image-gone v1 impossible"]);
    const unfit = judge(history, 1, { images: new Map([[imageOf(1), { kind: "unfit", why: "It is for arm64." }]]) });
    expect(unfit.found).toEqual(["image-unfit v1 impossible"]);
  });

  it("is blocked where the image of an undo command is gone", () => {
    const history = [past(1), past(2, { release: withUndo })];
    const { found, verdict } = judge(history, 1, { images: new Map([[imageOf(2), { kind: "gone" }]]) });
    expect(found).toEqual(["undo-image v2 blocks"]);
    expect(verdict).toMatchObject({ canForce: true, undoes: [] });
  });

  it("tells that it comes back on another cluster", () => {
    const history = [past(1), past(2, { kind: "move", carries: 1, cluster: "east" }), past(3)];
    expect(judge(history, 1, { cluster: "east" }).found).toEqual([]);
    expect(judge(history, 1, { cluster: "west" }).found).toEqual(["cluster v1 note"]);
  });

  it("is blocked where it does not fit beside what is live, of which the same is counted once", () => {
    const [one, two] = [past(1).release, past(2).release];
    const room = { pods: 2, cpuMillis: 150, memoryBytes: 100 };
    const [finding] = judgeRoom(one, two.snapshot, room);
    expect(finding?.message).toBe(
      "Beside what is live v1 does not fit into the environment's quota: it would take 200m of 150m CPU.",
    );
    expect(judgeRoom(one, one.snapshot, room)).toEqual([]);
    expect(judgeRoom(one, two.snapshot, { ...room, cpuMillis: 200 })).toEqual([]);
    expect(judgeRoom(one, two.snapshot, null)).toEqual([]);
  });

  it("is blocked by what was found elsewhere", () => {
    const finding = { kind: "quota", weight: "blocks", version: 1, service: null, message: "No.", hint: null } as const;
    expect(judge([past(1), past(2)], 1, { further: [finding] }).outcome).toBe("blocked");
  });
});
