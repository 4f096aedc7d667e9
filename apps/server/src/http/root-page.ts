import type { IncomingMessage, ServerResponse } from "node:http";

/** What a browser sees at the bare domain: that Berth runs, and how to go on. True where this was that request. */
export function answerRoot(request: IncomingMessage, response: ServerResponse, origin: string): boolean {
  if (request.url !== "/" || (request.method !== "GET" && request.method !== "HEAD")) return false;
  const body = makeRootPage(origin);
  response.writeHead(200, {
    "content-type": "text/html; charset=utf-8",
    "content-length": Buffer.byteLength(body),
    "content-security-policy":
      "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'",
    "x-content-type-options": "nosniff",
    "referrer-policy": "no-referrer",
  });
  response.end(request.method === "HEAD" ? undefined : body);
  return true;
}

function makeRootPage(origin: string): string {
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Berth</title>
<style>
:root { color-scheme: light dark; font: 16px/1.6 system-ui, sans-serif }
body { max-width: 38rem; margin: 12vh auto; padding: 0 1.5rem }
h1 { font-size: 1.4rem }
pre { padding: 1rem; border: 1px solid color-mix(in srgb, currentColor 20%, transparent); border-radius: 8px; overflow-x: auto }
</style>
</head>
<body>
<h1>Berth is running</h1>
<p>Deploy a repository of yours from its folder:</p>
<pre>berth link            # adds the git remote "berth"
git push berth main   # answers with its URL</pre>
<p>See what runs with <code>berth apps list</code>. The API describes itself to whoever has a token, at <code>${origin}/api/v1/openapi.json</code>.</p>
</body>
</html>
`;
}
