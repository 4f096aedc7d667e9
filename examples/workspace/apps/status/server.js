import { createServer } from "node:http";

const server = createServer((_request, response) => response.end("The harbour is open.\n"));

server.listen(Number(process.env.PORT ?? 3000));
process.once("SIGTERM", () => server.close());
