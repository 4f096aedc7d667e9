import type { IncomingMessage, ServerResponse } from "node:http";

const path = "/berth.schema.json";
let body: Promise<string> | null = null;

/** The JSON Schema of berth.yaml, which editors fetch without a token: nothing in it is anybody's. True where this was that request. */
export function answerSchema(request: IncomingMessage, response: ServerResponse): boolean {
  if (request.url !== path || (request.method !== "GET" && request.method !== "HEAD")) return false;
  void sendSchema(request, response);
  return true;
}

async function sendSchema({ method }: IncomingMessage, response: ServerResponse): Promise<void> {
  body ??= makeBody();
  const text = await body;
  response.writeHead(200, {
    "content-type": "application/schema+json",
    "content-length": Buffer.byteLength(text),
    "cache-control": "max-age=3600",
    // Editors in browsers are of other origins.
    "access-control-allow-origin": "*",
    "x-content-type-options": "nosniff",
  });
  response.end(method === "HEAD" ? undefined : text);
}

/** What reads YAML is loaded where somebody asks. */
async function makeBody(): Promise<string> {
  const { makeBerthYamlJsonSchema } = await import("@berth/core/berth-yaml");
  return JSON.stringify(makeBerthYamlJsonSchema());
}
