/** A server that answers every request with a text. */
export function answering(text: string): string {
  return `
  import { createServer } from "node:http";
  createServer((request, response) => response.end(${JSON.stringify(text)})).listen(process.env.PORT);
`;
}

/** What programs that ask others begin with: `ask` gives the text of the answer, or why there was none. */
export const askFunction = `async function ask(url) {
  try {
    return await (await fetch(url, { signal: AbortSignal.timeout(20_000) })).text();
  } catch (error) {
    return "failed: " + (error.cause?.code ?? error.name);
  }
}
`;

/**
 * A server that says its name at `/name`, how it is told of its neighbours at `/`, and at `/ask?url=` what comes of asking for that address
 * from where it runs.
 */
export function asking(name: string): string {
  return `
import { createServer } from "node:http";

${askFunction}
createServer(async (request, response) => {
  const { pathname, searchParams } = new URL(request.url, "http://localhost");
  if (pathname.endsWith("/name")) return response.end(${JSON.stringify(name)});
  if (pathname.endsWith("/ask")) return response.end(await ask(searchParams.get("url")));
  const { BERTH_URL_API: api, BERTH_URL_WEB: web } = process.env;
  response.end(JSON.stringify({ api, web }));
}).listen(process.env.PORT);
`;
}

/** The manifest of an app that starts with `node server.js`. */
export function manifest(name: string, scripts: Record<string, string> = {}): string {
  return JSON.stringify({ name, type: "module", scripts: { start: "node server.js", ...scripts } });
}

/** A berth.yaml by which many fit on one node. */
export const smallService = "services: { web: { resources: { cpu: 20m, memory: 128Mi } } }\n";
