import { createServer } from "node:http";

const { PORT = "3000" } = process.env;
const startedAt = new Date();

const server = createServer((_request, response) => {
  response.writeHead(200, { "Content-Type": "text/plain; charset=utf-8" });
  response.end(`The web process, up since ${startedAt.toISOString()}\n`);
});

server.listen(Number(PORT), () => console.log(`Listening on port ${PORT}`));
process.once("SIGTERM", () => server.close());
