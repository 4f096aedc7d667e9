import { describe, expect, test } from "vitest";
import {
  type Drill,
  type EnvironmentEfficiency,
  judgeEfficiency,
  noUsage,
  summariseDrill,
  summariseWakes,
} from "@berth/core";
import { makeStyle } from "../framework/output.ts";
import { drillText } from "./drill.ts";
import { type DriftReport, driftText } from "./drift.ts";
import { efficiencyText } from "./efficiency.ts";
import { makeLogView } from "./log-line.ts";
import { eventLine, failureText } from "./operation.ts";
import { type ReleaseRow, releasesTable } from "./releases.ts";
import { type Status, statusText } from "./status.ts";
import { verdictText } from "./verdict.ts";

const style = makeStyle(false);
const now = new Date(2026, 0, 31, 12, 0, 0).getTime();
const minute = 60_000;
const awake = { wakes: null, keptAwakeBy: [], cron: null, metric: null };

const release: ReleaseRow = {
  version: 12,
  kind: "deploy",
  carries: null,
  cluster: null,
  state: "live",
  createdAt: now - 3 * minute,
  createdBy: "ada",
  origin: { commit: "9fceb02d0ae598e95dc970b74767f19372d61af8", message: "Show prices with tax" },
  reason: null,
};

describe("drift", () => {
  const show = (report: DriftReport) => driftText(report, { style, now });

  test("says what was changed, added and removed, by whom and when", () => {
    const field = { manager: "kubectl-edit", setAt: now - 3 * minute, refusal: null };
    const fields = [
      { ...field, path: "spec.replicas", desired: "1", found: "5", manager: null, setAt: null },
      { ...field, path: "metadata.labels[team]", desired: null, found: "a" },
      { ...field, path: "", desired: "NetworkPolicy", found: null },
    ];
    const items = [{ at: now - 2 * minute, object: "Deployment web-1f0c", fields }];
    expect(show({ isWatched: true, items, unknown: [{ service: "web", workload: "3f5a" }] }).split("\n")).toEqual([
      "Deployment web-1f0c  put back 2 min ago",
      "  spec.replicas: 1 was changed to 5",
      "  metadata.labels[team]: a was added by kubectl-edit 3 min ago",
      "  was removed by kubectl-edit 3 min ago",
      "",
      "web 3f5a runs, and no release has made it: berth prune",
    ]);
  });

  test("says where there is none, and where there can be none", () => {
    expect(show({ isWatched: true, items: [], unknown: [] })).toContain("Nothing was changed by hand");
    expect(show({ isWatched: false, items: [], unknown: [] })).toContain("a matter of clusters");
  });
});

describe("a drill", () => {
  const answer = { status: 200, durationMs: 9, bytes: 1_204, failure: null };
  const drill: Drill = {
    app: "shop",
    environment: "production",
    operation: "op_1",
    version: 11,
    live: 12,
    at: now - 3 * minute,
    by: "ada",
    outcome: "passed",
    services: [
      { service: "web", state: "started", readyMs: 1_312, reason: null },
      { service: "api", state: "running", readyMs: null, reason: null },
      { service: "worker", state: "left-out", readyMs: null, reason: "it would take work" },
    ],
    probes: [
      { service: "web", path: "/", drilled: answer, live: answer, isWorse: false },
      { service: "web", path: "/old", drilled: answer, live: { ...answer, status: 404, bytes: 9 }, isWorse: false },
    ],
  };

  test("says what came up after how long, and what is answered otherwise", () => {
    expect(drillText(drill, style).split("\n")).toEqual([
      "✓ shop: v11 beside v12: passed, 2 of 2 probes",
      "  web was ready after 1.3 s",
      "  api ran already",
      "  GET /old: 200, 1.2 KiB, 9 ms; v12: 404, 9 B, 9 ms (differs)",
    ]);
  });

  test("is told with the verdict", () => {
    const verdict = { app: "shop", environment: "production", version: 11, canForce: true, undoes: [], findings: [] };
    const check = { ...verdict, outcome: "safe", drill: summariseDrill(drill) } as const;
    expect(verdictText(check, style).split("\n")).toEqual([
      "✓ shop can go back to v11",
      "  -  drilled 2026-01-31 11:57 by ada: passed, 2 of 2 probes",
    ]);
    expect(verdictText({ ...check, drill: null }, style)).toBe("✓ shop can go back to v11");
  });
});

describe("releases", () => {
  const rows: ReleaseRow[] = [
    { ...release, version: 16, kind: "scale", carries: 12, state: "superseded" },
    {
      ...release,
      version: 15,
      kind: "scale",
      carries: 12,
      state: "superseded",
      scales: { web: { min: 3, max: 3 }, worker: { max: 5 } },
    },
    { ...release, version: 14, state: "failed", reason: "web did not come up", origin: { commit: null, message: "x" } },
    { ...release, version: 13, kind: "rollback", carries: 9 },
    { ...release, version: 12, kind: "adopt", state: "superseded", adopted: { web: { env: { DEBUG: "1" } } } },
    { ...release, version: 11, kind: "adopt", state: "superseded" },
    { ...release, state: "superseded", createdBy: "grace" },
    { ...release, version: 10, kind: "config", state: "superseded", decided: ["LEVEL", "KEY"] },
    { ...release, version: 9, kind: "config", state: "superseded", decided: ["A", "B", "C", "D"] },
    { ...release, version: 8, kind: "config", state: "superseded" },
  ];

  test("are a table with what matters", () => {
    expect(releasesTable(rows, { style, width: 10_000, now })).toMatchInlineSnapshot(`
      "  VERSION  STATE       WHEN       WHO    COMMIT   MESSAGE
        v16      superseded  3 min ago  ada    9fceb02  scale of berth.yaml: Show prices with tax
        v15      superseded  3 min ago  ada    9fceb02  scale web=3, worker max 5: Show prices with tax
        v14      failed      3 min ago  ada    none     x (web did not come up)
      * v13      live        3 min ago  ada    9fceb02  back to v9: Show prices with tax
        v12      superseded  3 min ago  ada    9fceb02  adopted web env DEBUG: Show prices with tax
        v11      superseded  3 min ago  ada    9fceb02  without what was adopted: Show prices with tax
        v12      superseded  3 min ago  grace  9fceb02  Show prices with tax
        v10      superseded  3 min ago  ada    9fceb02  config LEVEL, KEY: Show prices with tax
        v9       superseded  3 min ago  ada    9fceb02  config 4 variables: Show prices with tax
        v8       superseded  3 min ago  ada    9fceb02  other config: Show prices with tax"
    `);
  });

  test("have messages that fit the screen", () => {
    const lines = releasesTable(rows, { style, width: 70, now }).split("\n");
    expect(Math.max(...lines.map((line) => line.length))).toBeLessThanOrEqual(70);
  });
});

describe("status", () => {
  const instance = {
    id: "web-1",
    state: "ready",
    startedAt: now - 90 * minute,
    restarts: 0,
    lastExit: null,
    memoryBytes: 52_428_800,
    cpuMillis: null,
    node: null,
    reason: null,
    givenUpAt: null,
  };
  const status: Status = {
    app: "shop",
    name: "production",
    url: "http://shop.localhost:4000",
    branch: "main",
    cluster: "eu",
    live: 12,
    desired: 13,
    expiresAt: null,
    isProtected: false,
    services: [
      {
        name: "web",
        version: 12,
        routes: ["/"],
        replicas: 2,
        fault: null,
        ...awake,
        instances: [
          instance,
          {
            ...instance,
            id: "web-2",
            restarts: 2,
            lastExit: { at: now - 2 * minute, code: 7, signal: null, outOfMemory: false },
          },
        ],
      },
      {
        name: "worker",
        version: 12,
        routes: [],
        replicas: 1,
        fault: null,
        ...awake,
        instances: [{ ...instance, state: "exited", memoryBytes: null, reason: "It exited with code 3." }],
      },
      { name: "api", version: 12, routes: ["/api"], replicas: 1, fault: null, ...awake, instances: [] },
      { name: "docs", version: 12, routes: ["/docs"], replicas: 0, fault: null, ...awake, instances: [] },
    ],
  };

  test("says what is live, and of each instance how it is", () => {
    const live = {
      createdBy: "ada",
      liveAt: now - minute,
      kind: "scale" as const,
      carries: 11,
      cluster: null,
      origin: release.origin,
      snapshot: {
        services: [
          { spec: { name: "web", scale: { min: 2, max: 2 } }, declaredScale: { min: 1, max: 4, cpuPercent: 70 } },
        ],
        adopted: { web: { env: { DEBUG: "1", LEVEL: null }, resources: { memoryBytes: 2 ** 28 } } },
      },
    };
    expect(statusText(status, live, { style, now })).toMatchInlineSnapshot(`
      "shop
        url      http://shop.localhost:4000
        live     v12 by ada, 1 min ago: 9fceb02 Show prices with tax
        next     v13 is being rolled out
        branch   main
        cluster  eu
        scale    web 2 by berth scale; berth.yaml has 1 to 4, at 70% cpu
        by hand  web env DEBUG, no env LEVEL, memory 256Mi; adopted

        SERVICE  INSTANCE  STATE     UP   RESTARTS  MEMORY  ROUTES
        web      web-1     ready     1 h  0         50 MiB  /
                 web-2     ready     1 h  2         50 MiB
          2 min ago it exited with code 7
        worker   web-1     exited    1 h  0
          It exited with code 3.
        api                starting                         /api
        docs               asleep                           /docs"
    `);
  });

  test("says what is measured, and on which machine, where that is known", () => {
    const onNode = { ...instance, cpuMillis: 12, node: "node-1" };
    const web = { ...status.services[0]!, instances: [onNode, { ...onNode, id: "web-2", cpuMillis: null }] };
    const text = statusText({ ...status, services: [web] }, null, { style, now });
    expect(text.split("\n").slice(-3)).toEqual([
      "  SERVICE  INSTANCE  STATE  UP   RESTARTS  MEMORY  CPU  NODE    ROUTES",
      "  web      web-1     ready  1 h  0         50 MiB  12m  node-1  /",
      "           web-2     ready  1 h  0         50 MiB       node-1",
    ]);
  });

  test("says what waking takes, and who keeps a service awake", () => {
    const wakes = summariseWakes([
      {
        state: "succeeded",
        startedAt: 0,
        endedAt: 1_400,
        phases: [
          { phase: "create", durationMs: 100 },
          { phase: "start", durationMs: 1_300 },
        ],
      },
    ]);
    const keptAwakeBy = [{ agent: "UptimeRobot", network: "203.0.113.0/24", perHour: 60.2, lastAt: now }];
    const web = { ...status.services[0]!, wakes, keptAwakeBy };
    expect(
      statusText({ ...status, services: [web] }, null, { style, now })
        .split("\n")
        .slice(6, 9),
    ).toEqual([
      "  wake     web: p50 1.4 s, p95 1.4 s (create 100 ms, start 1.3 s), 1 lately",
      "           slowest is start: its program does much before it listens: connect and load later, or compile ahead",
      "  awake    web is kept awake by UptimeRobot from 203.0.113.0/24, every 60 s (1.4k requests a day)",
    ]);
  });

  test("says of an instance that stops no more than that", () => {
    const stopping = { ...instance, state: "stopping" as const, reason: "it is stopping" };
    const web = { ...status.services[0]!, instances: [stopping] };
    const text = statusText({ ...status, services: [web] }, null, { style, now });
    expect(text.split("\n").at(-1)).toMatch(/^ {2}web +web-1 +stopping /);
  });

  test("says what keeps a service from running, and what to do", () => {
    const fault = { message: "It has no base.", hint: "Run `berth rebuild`." };
    const web = { name: "web", version: 1, routes: ["/"], replicas: 0, fault, ...awake, instances: [] };
    expect(
      statusText({ ...status, services: [web] }, null, { style, now })
        .split("\n")
        .slice(-4),
    ).toEqual([
      "  SERVICE  INSTANCE  STATE        UP  RESTARTS  MEMORY  ROUTES",
      "  web                not running                        /",
      "    It has no base.",
      "    Run `berth rebuild`.",
    ]);
  });

  test("says when a preview is removed, and who sees it", () => {
    const preview = {
      ...status,
      name: "feature",
      services: [],
      expiresAt: now + 3 * 24 * 60 * minute,
      isProtected: true,
    };
    const lines = statusText(preview, null, { style, now }).split("\n");
    expect(lines).toContain("  access   by a link: berth environments share feature");
    expect(lines).toContain("  removed  in 3 days, unless it is used");
  });

  test("says that nothing is live yet", () => {
    const empty = { ...status, name: "preview", live: null, desired: null, branch: null, services: [] };
    expect(statusText(empty, null, { style, now })).toMatchInlineSnapshot(`
      "shop (preview)
        url      http://shop.localhost:4000
        live     nothing yet
        cluster  eu"
    `);
  });
});

describe("a timeline", () => {
  const event = {
    seq: 1,
    at: now,
    phase: "start",
    service: "web",
    kind: "end",
    text: "ready",
    durationMs: 34,
  } as const;

  test("has a line for each entry that says something", () => {
    expect(eventLine(event, style)).toBe("start   web  ready  34 ms");
    expect(eventLine({ ...event, phase: "build", kind: "line", text: "npm ci" }, style)).toBe("        | npm ci");
    expect(eventLine({ ...event, kind: "start", text: "" }, style)).toBe(null);
  });

  test("ends with the reason, the last lines and what to do", () => {
    const error = { code: "rollout.failed", message: "It did not come up.", hint: "Mend it.", lines: ["boom"] };
    const operation = { id: "op_1", app: "shop", environment: "production", kind: "deploy", actor: "ada" } as const;
    const failed = {
      ...operation,
      state: "failed",
      startedAt: 0,
      finishedAt: 1,
      version: 1,
      url: null,
      error,
    } as const;
    expect(failureText(failed, "The rollback failed", style)).toBe(
      "✗ The rollback failed: It did not come up.\n  boom\nhint: Mend it.",
    );
  });
});

describe("efficiency", () => {
  const hour = 60 * minute;
  const scale = { min: 1, max: 1, idleMs: 5 * minute };
  const resources = { cpuMillis: 250, memoryBytes: 2 ** 29 };
  const took = {
    ...noUsage,
    watchedMs: hour,
    instanceMs: hour,
    cpuMs: 36_000,
    cpuReservedMs: 900_000,
    memoryByteSeconds: 3_600 * 2 ** 28,
    memoryReservedByteSeconds: 3_600 * 2 ** 29,
    memoryPeakBytes: 2 ** 28,
  };
  const web = { service: "web", listens: true, scale, resources };

  test("has a line for each service, and what to change below it", () => {
    const buckets = Array.from({ length: 24 }, (_, at) =>
      at < 4 ? { ...took, requests: 310, requestMs: 9_000 } : took,
    );
    const worker = { ...web, service: "worker", listens: false, buckets: [{ ...noUsage, watchedMs: 2 * hour }] };
    const all: EnvironmentEfficiency[] = [
      judgeEfficiency({ app: "shop", environment: "production" }, [{ ...web, buckets }, worker]),
      judgeEfficiency({ app: "blog", environment: "staging" }, [
        {
          ...web,
          buckets: [{ ...noUsage, watchedMs: 24 * hour, asleepMs: 24 * hour - 4 * minute, instanceMs: 4 * minute }],
        },
      ]),
    ];
    expect(efficiencyText(all, style)).toMatchInlineSnapshot(`
      "APP             SERVICE  CPU  MEMORY  REQUESTS  IN FLIGHT  ASLEEP
      shop            all      4%   50%     1240      <0.01      0 s
                      web      4%   50%     1240      <0.01      0 s
          Nobody asked for it in 83% of the time. Unless it works without requests, it can sleep.
          → services.web.scale.min: 0, or at once: berth scale web --min 0 --app shop
          It used 10m of 250m in its busiest five minutes.
          → services.web.resources.cpu: 20m
                      worker                0                    0 s
          Advice takes 12 h; it was watched for 2 h of the last 24 h.
      blog (staging)  web                   0         0          23 h
          Nobody asked for it in 100% of the time. Unless it works without requests, it can sleep.
          → services.web.scale.min: 0, or at once: berth scale web --min 0 --app blog --env staging
          Advice takes 1 h; its instances ran for 4 min of the last 24 h."
    `);
  });

  test("says where nothing is live", () => {
    expect(efficiencyText([], style)).toBe("Nothing is live.");
  });
});

describe("log lines", () => {
  const line = { at: now, instance: "web-1", stream: "stdout", text: "hi", service: "web", version: 12 } as const;

  test("say when, what and which release, aligned as far as is known", () => {
    const view = makeLogView(style);
    expect([view({ ...line, service: "worker" }), view(line)]).toEqual([
      "12:00:00 worker v12 | hi",
      "12:00:00 web v12    | hi",
    ]);
  });

  test("say which instance they are from once a service has several", () => {
    const view = makeLogView(style);
    const second = { ...line, instance: "web-1f0c-x7k2p" };
    expect([view(line), view(second), view(line), view({ ...second, version: 13 })]).toEqual([
      "12:00:00 web v12 | hi",
      "12:00:00 web/x7k2p v12 | hi",
      "12:00:00 web/1 v12     | hi",
      "12:00:00 web v13       | hi",
    ]);
  });

  test("have a colour per instance, and do not leave one on", () => {
    const view = makeLogView(makeStyle(true));
    const [web, worker] = [view(line), view({ ...line, service: "worker", instance: "worker-1" })];
    expect(web).toContain("\u001b[36mweb v12\u001b[39m");
    expect(worker).toContain("\u001b[35mworker v12\u001b[39m");
    expect(view({ ...line, text: "\u001b[31mred" })).toContain("red\u001b[0m");
  });
});
