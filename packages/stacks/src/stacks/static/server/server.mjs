// Serves a folder of files: node server.mjs <folder> [--spa[=<page>]] [--hashed-assets]
// Part of the images of static sites, so it is plain JavaScript that any supported Node runs.
import { statSync } from "node:fs";
import { createServer } from "node:http";
import { makeSite } from "./site.mjs";

const [folder = ".", ...flags] = process.argv.slice(2);
const spa = flags.find((flag) => flag === "--spa" || flag.startsWith("--spa="));
const fallback = spa === undefined ? null : spa.slice("--spa=".length) || "index.html";
const port = Number(process.env.PORT ?? 8080);
const host = process.env.HOST || undefined;

if (!statSync(folder, { throwIfNoEntry: false })?.isDirectory()) {
  fail(`The folder ${folder} is not there: the build did not make it.`);
}

const site = makeSite(folder, { fallback, hashedAssets: flags.includes("--hashed-assets") });
let stopping = false;
const server = createServer((request, response) => {
  if (stopping) response.setHeader("Connection", "close");
  site(request, response);
});
// Longer than a proxy keeps its idle connections, so that it is never answered by a connection that just closed.
server.keepAliveTimeout = 75_000;
server.on("error", (error) => fail(error.message));
server.listen({ port, host }, () => {
  const address = server.address();
  console.log(`Serving ${folder} at port ${typeof address === "object" ? address?.port : address}`);
});

for (const signal of ["SIGTERM", "SIGINT"]) {
  process.once(signal, () => {
    stopping = true;
    server.close();
  });
}

/** @param {string} message @returns {never} */
function fail(message) {
  console.error(`static-server: ${message}`);
  process.exit(1);
}
