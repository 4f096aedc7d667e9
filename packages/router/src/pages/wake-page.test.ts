import { get, type IncomingMessage } from "node:http";
import { once } from "node:events";
import type { WakeProgress } from "@berth/core";
import { expect, it } from "vitest";
import { ask } from "../support/request.ts";
import { startInstance, startRouter, until } from "../support/servers.ts";

const headers = { accept: "text/html,*/*;q=0.8", "sec-fetch-mode": "navigate", "sec-fetch-dest": "document" };
const asleep = { id: "web", state: "asleep" } as const;
const starting = (waking: WakeProgress) => ({ id: "web", state: "starting" as const, more: { waking } });

/** A browser that looks at a page while it grows. */
async function look(port: number) {
  const asked = get({ host: "127.0.0.1", port, headers: { ...headers, host: "shop.localhost" }, agent: false });
  const [response] = (await once(asked, "response")) as [IncomingMessage];
  const seen = { html: "", ended: false };
  response.setEncoding("utf8").on("data", (text: string) => (seen.html += text));
  response.on("end", () => (seen.ended = true)).on("error", () => {});
  return { response, seen, leave: () => asked.destroy() };
}

it("shows each phase as it comes, and turns into the app", async () => {
  const instance = await startInstance((_, res) => res.end("the app"));
  const { port, apply, router } = await startRouter([asleep]);
  const { response, seen } = await look(port);
  expect(response.statusCode).toBe(503);
  expect(response.headers).toMatchObject({ "cache-control": "no-store", "retry-after": "5" });
  await until(() => seen.html.includes("shop is waking up"), "it is told that it wakes");
  apply([starting({ phases: [{ phase: "queue", durationMs: 3 }], current: "start" })]);
  await until(() => /small>3 ms<[^]*<li>Starting its program$/.test(seen.html.trimEnd()), "the phase is shown");
  expect(router.load().get("web")?.inFlight).toBe(1);
  apply([{ id: "web", ports: [instance.port] }]);
  await until(() => seen.ended, "it ends");
  expect(seen.html).toContain("<script>location.reload()</script>");
  expect(seen.html).toContain('<noscript><meta http-equiv="refresh" content="0"></noscript>');
  expect(router.load().get("web")?.inFlight).toBe(0);
  expect((await ask({ port, headers })).body).toBe("the app");
});

it("says why the app does not come, and does not ask again", async () => {
  const { port, apply } = await startRouter([asleep]);
  const { seen } = await look(port);
  apply([{ id: "web", state: "failed", reason: "<img src=x onerror=alert(1)>" }]);
  await until(() => seen.ended, "it ends");
  expect(seen.html).toContain("&lt;img src=x onerror=alert(1)&gt;");
  expect(seen.html).not.toMatch(/<img|location.reload|http-equiv/);
});

it("asks again by itself where the router ends", async () => {
  const { port, router } = await startRouter([asleep]);
  const { seen } = await look(port);
  router.close();
  await until(() => seen.ended, "it ends");
  expect(seen.html).toContain('<meta http-equiv="refresh" content="1">');
});

it("does not ask for ever for an app that goes down again each time", async () => {
  const instance = await startInstance((_, res) => res.end());
  let now = 0;
  const pages: string[] = [];
  const ends = new Set<() => void>();
  const clock = {
    now: () => now,
    sleep: (ms: number, signal?: AbortSignal) =>
      new Promise<void>((resolve) => {
        signal?.addEventListener("abort", () => resolve());
        if (ms === 1_500) ends.add(resolve);
      }),
  };
  const { port, apply } = await startRouter([asleep], { clock });
  for (let turn = 1; turn <= 6; turn++) {
    const page = look(port);
    await until(() => ends.size > 0, "it waits");
    for (const end of ends) end();
    ends.clear();
    const { seen } = await page;
    now += 10_000;
    apply([{ id: "web", ports: [instance.port] }]);
    await until(() => seen.ended, "it ends");
    pages.push(seen.html);
    apply([asleep]);
  }
  expect(pages.map((html) => html.includes("location.reload()"))).toEqual([true, true, true, true, true, false]);
  expect(pages[5]).toContain("comes up and goes down again");
});

it("is not for who has left, asks for the head alone, or does not look at it", async () => {
  const instance = await startInstance((_, res) => res.end("the app"));
  const { port, apply, router } = await startRouter([asleep]);
  const { leave } = await look(port);
  leave();
  await until(() => router.load().get("web")?.inFlight === 0, "it is forgotten");
  expect(await ask({ port, method: "HEAD", headers })).toMatchObject({ status: 503, body: "" });
  const others = [ask({ port }), ask({ port, headers: { ...headers, "sec-fetch-dest": "iframe" } })];
  await new Promise((resolve) => setTimeout(resolve, 1_700));
  apply([{ id: "web", ports: [instance.port] }]);
  expect((await Promise.all(others)).map(({ status, body }) => `${status} ${body}`)).toEqual([
    "200 the app",
    "200 the app",
  ]);
});
