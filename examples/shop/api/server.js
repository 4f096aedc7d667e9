import { readFile } from "node:fs/promises";
import { createServer } from "node:http";

const products = await readFile(new URL("products.json", import.meta.url));
const { PORT = "3001" } = process.env;

const server = createServer((request, response) => {
  const known = request.url === "/api/products";
  response.writeHead(known ? 200 : 404, { "Content-Type": "application/json" });
  response.end(known ? products : JSON.stringify({ error: "not found" }));
});

server.listen(Number(PORT), () => console.log(`api: listening on port ${PORT}`));
process.once("SIGTERM", () => server.close());
