import { createHash } from "node:crypto";
import type { Answer } from "./answer.ts";
import { escapeHtml } from "./escape.ts";

/** The looks of all pages. */
export const pageStyle = `
:root{color-scheme:light dark;--ground:#f6f7f9;--card:#fff;--text:#1b2430;--soft:#5b6878;--line:#dfe4ea;--mark:#2563a8;--code:#eef1f5}
@media(prefers-color-scheme:dark){:root{--ground:#11161d;--card:#19202a;--text:#e6ebf2;--soft:#97a5b6;--line:#2b3542;--mark:#7db4f0;--code:#222c38}}
*{box-sizing:border-box}
body{margin:0;min-height:100vh;display:grid;place-items:center;padding:1.5rem;background:var(--ground);color:var(--text);font:16px/1.55 system-ui,sans-serif}
main{width:100%;max-width:34rem;padding:2rem 2.25rem;background:var(--card);border:1px solid var(--line);border-radius:14px}
.status{margin:0;color:var(--mark);font-weight:600;letter-spacing:.04em}
h1{margin:.25rem 0 .75rem;font-size:1.5rem;line-height:1.25;overflow-wrap:anywhere}
p{margin:0 0 .75rem;overflow-wrap:anywhere}
.hint{color:var(--soft)}
code{display:block;padding:.6rem .8rem;background:var(--code);border-radius:8px;font:14px/1.5 ui-monospace,monospace;margin:0 0 .75rem;overflow-x:auto;white-space:pre}
a{color:var(--mark)}
footer{margin-top:1.5rem;padding-top:1rem;border-top:1px solid var(--line);color:var(--soft);font-size:.85rem}
`;

/** To the same address, for what may be there later. */
export const askAgainLink = `<p><a href="">Ask again</a></p>`;

/** Nothing may be loaded and no script runs; the one style is allowed by its hash. */
export const contentSecurityPolicy = [
  "default-src 'none'",
  `style-src 'sha256-${createHash("sha256").update(pageStyle).digest("base64")}'`,
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join("; ");

/** An answer as a page of its own: no script, no other file. */
export function htmlPage(answer: Answer, requestId: string): string {
  const hint = answer.hint === null ? "" : `<p class="hint">${escapeHtml(answer.hint)}</p>`;
  const command = answer.command === null ? "" : `<code>${escapeHtml(answer.command)}</code>`;
  const again = answer.retryAfterS === null ? "" : askAgainLink;
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="robots" content="noindex">
<title>${answer.status} · ${escapeHtml(answer.title)}</title>
<style>${pageStyle}</style>
</head>
<body>
<main>
<p class="status">${answer.status}</p>
<h1>${escapeHtml(answer.title)}</h1>
<p>${escapeHtml(answer.detail)}</p>
${hint}${command}${again}
<footer>Berth · request ${escapeHtml(requestId)}</footer>
</main>
</body>
</html>
`;
}
