import type { Browser, BrowserContextOptions, Page } from "playwright-core";
import { afterAll, beforeAll, beforeEach, expect, it, onTestFinished } from "vitest";
import { browser, openBrowser } from "../support/browser.ts";
import { describeWith } from "../support/requires.ts";
import { until } from "../support/until.ts";
import { lookAt } from "./look.ts";
import { type NappingApp, startNappingApp } from "./napping-app.ts";

const phone = { width: 360, height: 640 };
/** As WCAG 2 asks of text, level AA. */
const readableContrast = 4.5;

describeWith("a browser", browser.isThere, browser.reason, () => {
  let app: NappingApp;
  let chromium: Browser;

  beforeAll(async () => {
    [app, chromium] = await Promise.all([startNappingApp(), openBrowser()]);
  });
  beforeEach(async () => {
    app.turn("well");
    await app.untilAsleep();
  });
  afterAll(async () => {
    await chromium.close();
    await app.stop();
  });

  /** A page, and what the browser complains about on it besides answers with status 503, which it has to. */
  async function open(options: BrowserContextOptions = {}): Promise<{ page: Page; complaints: string[] }> {
    const context = await chromium.newContext(options);
    onTestFinished(() => context.close());
    const page = await context.newPage();
    const complaints: string[] = [];
    page.on("pageerror", (error) => complaints.push(String(error)));
    page.on("console", (message) => {
      const isAnswer = /^Failed to load resource: .* 503 /.test(message.text());
      if (["error", "warning"].includes(message.type()) && !isAnswer) complaints.push(message.text());
    });
    return { page, complaints };
  }

  it("shows how its start goes, and turns into the app by itself, at the address that was asked for", async () => {
    const { page, complaints } = await open();
    const address = `${app.url}/some/where?a=1#below`;
    const answer = await page.goto(address, { waitUntil: "commit" });
    expect(answer!.status()).toBe(503);
    expect(await page.title()).toBe("naps is waking up");
    await page.getByRole("listitem").getByText("Starting its program").waitFor();
    // A screen reader tells what is added here.
    const told = page.locator("[aria-live=polite]");
    expect(await told.getByRole("listitem").first().innerText()).toMatch(/^Asking for an instance\s+\d+ ms$/);
    const weights = (await lookAt(page)).texts.map(({ text, weight }) => [text.replace(/ \d+ ms$/, ""), weight]);
    expect(weights).toContainEqual(["Asking for an instance", "400"]);
    expect(weights).toContainEqual(["Starting its program", "600"]);
    await page.getByRole("heading", { name: "Good morning" }).waitFor();
    expect([page.url(), await page.title()]).toEqual([address, "Naps"]);
    expect(complaints).toEqual([]);
  });

  it.each([
    ["at once", "broken", "503 · web of naps does not start"],
    ["while it is shown", "broken late", "web of naps does not start"],
  ] as const)("says why it does not come up and what to do, where it fails %s", async (_, mode, title) => {
    app.turn(mode);
    const { page, complaints } = await open();
    await page.goto(app.url, { waitUntil: "commit" });
    await page.getByText(/^it exited with code 3/).waitFor();
    expect(await page.getByRole("heading").allInnerTexts()).toEqual(["web of naps does not start"]);
    expect(await page.locator("main").innerText()).toContain("Its last output says why.\n");
    expect(await page.getByText("berth logs --app naps").isVisible()).toBe(true);
    expect(await page.getByText("This page turns into it").isVisible()).toBe(false);
    await expect.poll(() => page.title()).toBe(title);
    expect(complaints).toEqual([]);
  });

  it("comes up when it is asked for again after it has failed", async () => {
    app.turn("broken late");
    const { page } = await open();
    await page.goto(app.url, { waitUntil: "commit" });
    const again = page.getByRole("link", { name: "Ask again" });
    await again.waitFor();
    app.turn("well");
    const isUp = page.getByRole("heading", { name: "Good morning" });
    // For a moment it is told why it failed.
    await until("it is up", async () => {
      if (await again.isVisible()) await again.click();
      await again.or(isUp).waitFor();
      return await isUp.isVisible();
    });
    expect(await page.title()).toBe("Naps");
  });

  it("has what a script of the app fetches wait for the answer itself", async () => {
    const { page, complaints } = await open();
    await page.goto(app.url);
    await page.getByRole("heading", { name: "Good morning" }).waitFor();
    await app.untilAsleep();
    const fetched = await page.evaluate(async () => {
      const answer = await fetch("/data");
      return [answer.status, await answer.json(), answer.headers.get("server-timing")];
    });
    expect(fetched).toEqual([200, { slept: true }, expect.stringMatching(/^wake;dur=\d+/)]);
    expect(complaints).toEqual([]);
  });

  it.each(["well", "broken late"] as const)(
    "can be read on a phone, in the dark and in the light, where it starts %s",
    async (mode) => {
      app.turn(mode);
      const looks = await Promise.all(
        (["dark", "light"] as const).map(async (colorScheme) => {
          const { page } = await open({ colorScheme, viewport: phone });
          await page.goto(app.url, { waitUntil: "commit" });
          await page.getByText(mode === "well" ? "Starting its program" : "Ask again").waitFor();
          return await lookAt(page);
        }),
      );
      for (const { width, texts } of looks) {
        expect(width).toBeLessThanOrEqual(phone.width);
        expect(texts.length).toBeGreaterThan(3);
        expect(texts.filter(({ contrast }) => contrast < readableContrast)).toEqual([]);
      }
      expect(new Set(looks.map(({ ground }) => ground)).size).toBe(2);
    },
  );
});
