import { readFile } from "node:fs/promises";
import { createServer } from "node:http";

const page = await readFile(new URL("page.html", import.meta.url), "utf8");
const { PORT = "3000", BERTH_APP = "hello" } = process.env;

const server = createServer((request, response) => {
  if (request.method !== "GET" && request.method !== "HEAD") {
    response.writeHead(405, { Allow: "GET, HEAD" }).end();
  } else if (request.url === "/") {
    response.writeHead(200, { "Content-Type": "text/html; charset=utf-8" }).end(page.replaceAll("{{app}}", BERTH_APP));
  } else {
    response.writeHead(404, { "Content-Type": "text/plain; charset=utf-8" }).end("Not found\n");
  }
});

server.listen(Number(PORT), () => console.log(`Listening on port ${PORT}`));
process.once("SIGTERM", () => server.close());
