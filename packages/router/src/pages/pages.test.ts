import { systemClock } from "@berth/core";
import { describe, expect, it } from "vitest";
import { Deadlines } from "../deadlines.ts";
import { ask } from "../support/request.ts";
import { closedPort, startRouter } from "../support/servers.ts";
import { pageKind } from "./accepts.ts";
import { contentSecurityPolicy, htmlPage } from "./html.ts";
import { badGateway, badRequest, stillStarting } from "./answer.ts";
import { Workload } from "../workload.ts";

const browser = "text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,*/*;q=0.8";

describe("pages", () => {
  it.each([
    [browser, "html"],
    ["application/json", "json"],
    ["application/problem+json, text/html;q=0.5", "json"],
    ["text/html, application/json;q=0.9", "html"],
    ["text/html;q=0, */*", "text"],
    ["*/*", "text"],
    [undefined, "text"],
  ])("for a client that accepts %s are %s", (accept, kind) => {
    expect(pageKind(accept)).toBe(kind);
  });

  it("name the app, what is wrong and what to do, in each form", async () => {
    const { port } = await startRouter([{ id: "web", ports: [await closedPort()] }]);
    const html = await ask({ port, headers: { accept: browser } });
    expect(html.status).toBe(502);
    expect(html.headers).toMatchObject({
      "content-type": "text/html; charset=utf-8",
      "cache-control": "no-store",
      "content-security-policy": contentSecurityPolicy,
    });
    expect(html.body).toContain("<h1>web of shop did not answer</h1>");
    expect(html.body).toContain("<code>berth logs --app shop</code>");
    const json = await ask({ port, headers: { accept: "application/json", "x-request-id": "r1" } });
    expect(json.headers["content-type"]).toBe("application/problem+json");
    expect(JSON.parse(json.body)).toEqual({
      type: "about:blank",
      title: "web of shop did not answer",
      status: 502,
      detail: "It accepts no connections.",
      code: "router.bad-gateway",
      hint: "It may have crashed; its last output says more.",
      command: "berth logs --app shop",
      app: "shop",
      environment: "production",
      requestId: "r1",
    });
    expect((await ask({ port, headers: { accept: "*/*" } })).body).toBe(
      "502 web of shop did not answer\nIt accepts no connections.\nIt may have crashed; its last output says more.\n  berth logs --app shop\n",
    );
    expect(await ask({ port, method: "HEAD" })).toMatchObject({ status: 502, body: "" });
  });

  it("say what a host without an app asks for", async () => {
    const { port } = await startRouter([{ id: "web", prefixes: ["/only"], ports: [await closedPort()] }]);
    const titleAt = async (host: string, path = "/") => {
      const { status, body } = await ask({ port, host, path });
      return `${status} ${body.split("\n", 1)[0]}`;
    };
    expect(await titleAt("nope.localhost")).toBe("404 404 nope is not deployed");
    expect(await titleAt("nope--main2.localhost")).toBe("404 404 nope has no environment main2");
    // A branch feature/login has the environment feature-login: its name cannot be told from that.
    const { body } = await ask({ port, host: "shop--feature-login.localhost" });
    expect(body).toContain("  git push berth <branch>\n");
    expect(await titleAt("shop--v7.localhost")).toBe("404 404 No such release");
    expect(await titleAt("example.org")).toBe("404 404 Nothing is here");
    expect(await titleAt("shop.localhost", "/other?secret=1")).toBe("404 404 Nothing of shop answers here");
  });

  it("say why a known host has nothing to route to", async () => {
    const { port, apply } = await startRouter([]);
    for (const [absence, title] of [
      ["empty", "shop is not deployed yet"],
      ["no-routes", "shop has no address"],
      ["release-gone", "v3 of shop is gone"],
    ] as const) {
      const host = { app: "shop", environment: "production", version: 3, routes: [], absence };
      apply([], { hosts: new Map([["shop.localhost", host]]) });
      expect(await ask({ port })).toMatchObject({ status: 404, body: expect.stringContaining(title) });
    }
  });

  it("speak of the server as Berth, and of no app", () => {
    const routed = { id: "s", app: "berth", environment: "production", service: "server", instances: [], hint: null };
    const options = {
      answerDeadlineMs: 1_000,
      deadlines: new Deadlines(systemClock),
      sharesSlots: false,
      stirs: () => undefined,
    };
    const known = { ...routed, isServer: true, state: "starting", reason: null, concurrency: null } as const;
    const server = new Workload(known, 0, options);
    expect(stillStarting(server, 30_000)).toMatchObject({
      title: "Berth is still starting",
      command: null,
      app: null,
    });
    expect(badGateway(server, "It closed the connection.")).toMatchObject({ title: "Berth did not answer", app: null });
  });

  it("escape every value", async () => {
    const page = htmlPage(
      { ...badRequest("malformed"), detail: '<img src=x onerror="1">&', hint: "<b>", command: "<i>'" },
      "<u>",
    );
    expect(page).not.toMatch(/<img|<b>|<i>|<u>/);
    expect(page).toContain("&lt;img src=x onerror=&quot;1&quot;&gt;&amp;");
    const { port } = await startRouter([
      { id: "web", state: "failed", reason: "\u001b[31mred\u0007<script>alert(1)</script>" },
    ]);
    expect((await ask({ port, headers: { accept: browser } })).body).not.toContain("<script>");
    expect((await ask({ port })).body).toContain(" [31mred <script>");
  });
});
