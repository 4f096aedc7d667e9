import type { ServerResponse } from "node:http";
import { describe, expect, it } from "vitest";
import { ask } from "../support/request.ts";
import { closedPort, converse, startInstance, startRouter, until } from "../support/servers.ts";
import { metricsText } from "./text.ts";

describe("metrics", () => {
  it("tell of each workload what its requests came to, and nothing that a request can choose", async () => {
    const open: ServerResponse[] = [];
    const instance = await startInstance((req, res) => {
      if (req.url === "/wait") open.push(res);
      else res.writeHead(req.url === "/missing" ? 404 : 200).end("hello");
    });
    const { port, router, apply } = await startRouter([{ id: "web", ports: [instance.port] }]);
    await ask({ port });
    await ask({ port, path: "/missing" });
    await ask({ port, host: "nobody.localhost" });
    await converse(port, "GET / HTTP/1.1\r\nHost: a b\r\n\r\n");
    const waiting = ask({ port, path: "/wait" });
    await until(() => open.length === 1, "one is under way");
    const text = metricsText(router.metrics());
    const labels = 'app="shop",environment="production",service="web",release="",workload="web"';
    for (const line of [
      `berth_requests_total{${labels},code="2xx"} 1`,
      `berth_requests_total{${labels},code="4xx"} 1`,
      `berth_request_duration_seconds_bucket{${labels},le="+Inf"} 2`,
      `berth_request_duration_seconds_count{${labels}} 2`,
      `berth_requests_in_flight{${labels}} 1`,
      `berth_requests_waiting{${labels}} 0`,
      `berth_instances{${labels}} 1`,
      'berth_refused_total{reason="unknown-host"} 1',
      'berth_refused_total{reason="bad-host"} 1',
      "# TYPE berth_request_duration_seconds histogram",
    ])
      expect(text.split("\n")).toContain(line);
    expect(text).not.toMatch(/nobody|missing/);
    open[0]?.end();
    await waiting;
    apply([{ id: "next", ports: [await closedPort()] }]);
    await ask({ port });
    expect(metricsText(router.metrics())).toContain('workload="next",code="5xx"} 1');
    expect(metricsText(router.metrics())).not.toContain('workload="web"');
  });

  it("count wakes and who waits", async () => {
    const { port, router, apply } = await startRouter([{ id: "web", state: "asleep" }]);
    const asked = [ask({ port }), ask({ port })];
    await until(() => router.load().get("web")?.inFlight === 2, "two wait");
    const text = metricsText(router.metrics());
    expect(text).toMatch(/berth_wakes_total\{.*workload="web"\} 1\n/);
    expect(text).toMatch(/berth_requests_waiting\{.*\} 2\n/);
    apply([{ id: "web", ports: [(await startInstance((_, res) => res.end())).port] }]);
    await Promise.all(asked);
  });

  it("are written as Prometheus reads them", () => {
    const samples = [[{ name: 'a"b\\c\nd' }, 1.5]] as const;
    expect(metricsText([{ name: "x", type: "gauge", help: "It\nis.", samples }])).toBe(
      '# HELP x It\\nis.\n# TYPE x gauge\nx{name="a\\"b\\\\c\\nd"} 1.5\n',
    );
  });
});
