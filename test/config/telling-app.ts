import { manifest } from "../support/programs.ts";

/** A server that tells its variable of this name at `/?key=`; for tests alone. */
const telling = `
import { createServer } from "node:http";
createServer((request, response) => {
  const key = new URL(request.url, "http://localhost").searchParams.get("key");
  response.end(process.env[key] ?? "nothing");
}).listen(process.env.PORT);
`;

/** An app that tells its variables. */
export function tellingApp(name: string, yaml = ""): Record<string, string> {
  return { "package.json": manifest(name), "server.js": telling, ...(yaml !== "" && { "berth.yaml": yaml }) };
}
