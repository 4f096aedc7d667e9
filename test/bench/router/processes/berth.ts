// Berth's router as the server runs it, with one app: node berth.ts <upstream port>
import { flushCompileCache } from "node:module";
import { quietLog, systemClock, systemRandom } from "../../../../packages/core/src/index.ts";
import { HttpServer, makeEdge, makeRouter } from "../../../../packages/router/src/index.ts";
import { serveParent } from "../../support/programs.ts";

const edge = makeEdge(systemClock);
const router = makeRouter({
  edge,
  domain: "localhost",
  clock: systemClock,
  log: quietLog,
  random: systemRandom,
  wake: async () => {},
});
const place = { app: "shop", environment: "production" };
const endpoint = { host: "127.0.0.1", port: Number(process.argv[2]) };
const workload = {
  ...place,
  id: "w",
  service: "web",
  instances: [{ id: "i", endpoint, draining: false }],
  state: "running",
  reason: null,
  hint: null,
  concurrency: null,
} as const;
router.apply({
  version: 1,
  hosts: new Map([
    [
      "shop.localhost",
      { ...place, version: null, routes: [{ prefix: "/", service: "web", workload: "w" }], absence: null },
    ],
  ]),
  neighbours: new Map(),
  unread: [],
  workloads: new Map([["w", workload]]),
});

const server = new HttpServer(edge);
server.on("request", router.handle);
server.on("upgrade", router.upgrade);
serveParent(server);
// As a server does once it runs: the next process is without what it takes to strip types, which stays in memory.
flushCompileCache();
