import { Hono } from "hono";
import { lights } from "./lights.ts";

const app = new Hono();

app.get("/", (context) => {
  const items = lights.map(({ name, flashes }) => `<li>${name}: ${flashes}</li>`).join("");
  return context.html(`<!doctype html><html lang="en"><meta charset="utf-8"><title>Lights</title><h1>Lights</h1><ul>${items}</ul></html>`);
});
app.get("/lights", (context) => context.json(lights));
app.get("/healthz", (context) => context.text("ok"));

Deno.serve(app.fetch);
