import { createServer } from "node:http";
import { heightAt } from "@harbour/tides";

const server = createServer((_request, response) => {
  response.setHeader("content-type", "text/html; charset=utf-8");
  response.end(`<!doctype html><html lang="en"><title>Tides</title><h1>${heightAt(new Date())} m</h1></html>\n`);
});

server.listen(Number(process.env.PORT ?? 3000));
process.once("SIGTERM", () => server.close());
