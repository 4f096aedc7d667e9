import type { RoutingTable } from "@berth/core";
import { expect, it } from "vitest";
import { withServer } from "./server-route.ts";

const empty: RoutingTable = { version: 3, hosts: new Map(), neighbours: new Map(), workloads: new Map(), unread: [] };
const server = { host: "10.0.0.5", port: 4000 };

it("leads from the bare domain and loopback addresses to the server", () => {
  const { hosts, workloads, version } = withServer(empty, "apps.test", server, true);
  expect(version).toBe(3);
  expect([...hosts.keys()]).toEqual(["apps.test", "localhost", "127.0.0.1", "[::1]"]);
  const { workload } = hosts.get("apps.test")!.routes[0]!;
  expect(workloads.get(workload)).toMatchObject({ state: "running", instances: [{ endpoint: server }] });
});

it("has requests wait while the server is away", () => {
  const [workload] = withServer(empty, "apps.test", server, false).workloads.values();
  expect(workload).toMatchObject({ state: "starting", instances: [] });
  expect(workload!.reason).toContain("no connection to the Berth server");
});
