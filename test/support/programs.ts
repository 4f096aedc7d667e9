/** A server that answers every request with a text. */
export function answering(text: string): string {
  return `
  import { createServer } from "node:http";
  createServer((request, response) => response.end(${JSON.stringify(text)})).listen(process.env.PORT);
`;
}

/** The manifest of an app that starts with `node server.js`. */
export function manifest(name: string, scripts: Record<string, string> = {}): string {
  return JSON.stringify({ name, type: "module", scripts: { start: "node server.js", ...scripts } });
}

/** A berth.yaml by which many fit on one node. */
export const smallService = "services: { web: { resources: { cpu: 20m, memory: 128Mi } } }\n";
