import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { Page } from "playwright-core";

/** How a page looks, as the browser has it. */
export interface Look {
  /** Of its content, in CSS pixels. */
  width: number;
  ground: string;
  /** What can be seen, with its font's weight and the contrast ratio to what is behind it, from 1 to 21 (WCAG 2, 1.4.3). */
  texts: { text: string; weight: string; contrast: number }[];
}

const script = readFileSync(join(import.meta.dirname, "look-at-page.js"), "utf8");

/** Looks at all that can be seen of the page now. */
export function lookAt(page: Page): Promise<Look> {
  return page.evaluate(script);
}
