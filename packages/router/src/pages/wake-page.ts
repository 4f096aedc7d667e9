import { createHash } from "node:crypto";
import type { ServerResponse } from "node:http";
import type { WakePhaseName, WakeProgress } from "@berth/core";
import type { Answer } from "./answer.ts";
import { escapeHtml } from "./escape.ts";
import { askAgainLink, pageStyle } from "./html.ts";

const wakeStyle = `${pageStyle}
ol{margin:0 0 .75rem;padding:0;list-style:none}
li{padding:.2rem 0;color:var(--soft)}
li:not(:has(small)){color:var(--text);font-weight:600}
li:not(:has(small))::after{content:" …"}
small{float:right}
main:has(section)>:is(h1,p){display:none}
main:has(section) li::after{content:none}
`;
/** Also where the address has a fragment, which a refresh would only scroll to. */
const askAgain = "location.reload()";
const takeTitle = 'document.title=document.querySelector("section h1").textContent';

const hash = (text: string) => `'sha256-${createHash("sha256").update(text).digest("base64")}'`;

const contentSecurityPolicy = [
  "default-src 'none'",
  `style-src ${hash(wakeStyle)}`,
  `script-src ${hash(askAgain)} ${hash(takeTitle)}`,
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join("; ");

/**
 * What goes with it. 503 with Retry-After is what crawlers and checks take for "not now": nothing is put into an index or a cache, and nobody
 * takes this page for the app, as with 200 or 202. Browsers show it all the same.
 */
function headersOf(requestId: string): string[] {
  return [
    "content-type",
    "text/html; charset=utf-8",
    "cache-control",
    "no-store",
    "retry-after",
    "5",
    "x-robots-tag",
    "noindex, nofollow",
    // Proxies that gather an answer would show nothing until its end.
    "x-accel-buffering",
    "no",
    "content-security-policy",
    contentSecurityPolicy,
    "x-content-type-options",
    "nosniff",
    "referrer-policy",
    "same-origin",
    "vary",
    "accept, sec-fetch-mode, sec-fetch-dest",
    "x-request-id",
    requestId,
  ];
}

const words: Readonly<Record<WakePhaseName, string>> = {
  queue: "Asking for an instance",
  schedule: "Choosing a machine",
  pull: "Fetching its image",
  create: "Creating the instance",
  start: "Starting its program",
  ready: "Waiting for its health check",
};

/** What a start is doing, in a clause. */
export function phaseText(phase: WakePhaseName): string {
  return words[phase];
}

/**
 * A page for a browser whose app is being woken. It is one answer that goes on while it waits: each phase is added as it comes, and the end
 * has the browser ask again for the same address. So it needs no address of its own beside the app's, and no script to show anything.
 */
export class WakePage {
  readonly #res: ServerResponse;
  #open: WakePhaseName | null = null;
  readonly #told = new Set<WakePhaseName>();

  constructor(res: ServerResponse, title: string, requestId: string) {
    this.#res = res;
    res.writeHead(503, headersOf(requestId));
    res.write(`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="robots" content="noindex, nofollow">
<title>${escapeHtml(title)}</title>
<style>${wakeStyle}</style>
</head>
<body>
<main>
<h1>${escapeHtml(title)}</h1>
<p>It is being started. This page turns into it as soon as it is there.</p>
<div aria-live="polite">
<ol>
`);
  }

  /** Shows how far it has come. */
  tell({ phases, current }: WakeProgress): void {
    for (const { phase, durationMs } of phases) {
      if (this.#told.has(phase)) continue;
      this.#told.add(phase);
      if (this.#open !== phase) this.#begin(phase);
      this.#write(` <small>${Math.round(durationMs)} ms</small></li>\n`);
      this.#open = null;
    }
    if (current !== null && this.#open !== current && !this.#told.has(current)) this.#begin(current);
  }

  /** Says nothing, so that nobody on the way takes the connection for dead. */
  beat(): void {
    this.#write("<!-- -->\n");
  }

  /** Has the browser ask again; it is there. */
  turn(): void {
    const again = `<script>${askAgain}</script><noscript><meta http-equiv="refresh" content="0"></noscript>`;
    this.#end(`<p>It is awake.</p>\n${again}`);
  }

  /** Says why it does not come. The reader may ask again; a router that ends is soon followed by another. */
  fail({ title, detail, hint, command, code, retryAfterS }: Answer): void {
    const lines = ["<section>", `<h1>${escapeHtml(title)}</h1>`, `<p>${escapeHtml(detail)}</p>`];
    if (hint !== null) lines.push(`<p class="hint">${escapeHtml(hint)}</p>`);
    if (command !== null) lines.push(`<code>${escapeHtml(command)}</code>`);
    lines.push(askAgainLink, "</section>", `<script>${takeTitle}</script>`);
    if (code === "router.closing") lines.push(`<meta http-equiv="refresh" content="${retryAfterS}">`);
    this.#end(lines.join("\n"));
  }

  #begin(phase: WakePhaseName): void {
    if (this.#open !== null) this.#write("</li>\n");
    this.#write(`<li>${words[phase]}`);
    this.#open = phase;
  }

  #end(html: string): void {
    if (this.#open !== null) this.#write("</li>\n");
    if (!this.#res.destroyed && !this.#res.writableEnded)
      this.#res.end(`</ol>\n${html}\n</div>\n</main>\n</body>\n</html>\n`);
  }

  /** Whoever looked at it may have left. */
  #write(html: string): void {
    if (!this.#res.destroyed && !this.#res.writableEnded) this.#res.write(html);
  }
}
