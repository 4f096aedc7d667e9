import express from "express";

const { PORT = "3000" } = process.env;
const notes = ["Cast off the lines", "Check the tide"];
const app = express();

app.disable("x-powered-by");
app.use(express.urlencoded({ extended: false, limit: "10kb" }));

app.get("/", (_request, response) => {
  response.send(`<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Notes</title>
<style>body { font: 1.1rem/1.6 system-ui, sans-serif; max-width: 32rem; margin: 3rem auto; padding: 0 1rem }</style>
<h1>Notes</h1>
<ul>${notes.map((note) => `<li>${escapeHtml(note)}</li>`).join("")}</ul>
<form method="post" action="/notes"><input name="note" aria-label="Note" required maxlength="200"> <button>Add</button></form>
</html>`);
});

app.get("/notes", (_request, response) => {
  response.json(notes);
});

app.post("/notes", (request, response) => {
  const note = String(request.body?.note ?? "").trim().slice(0, 200);
  // Notes live in memory, as long as the instance does.
  if (note !== "") notes.unshift(note);
  notes.splice(100);
  response.redirect(303, "/");
});

app.get("/healthz", (_request, response) => {
  response.send("ok");
});

const server = app.listen(Number(PORT), () => console.log(`Listening on port ${PORT}`));
process.once("SIGTERM", () => server.close());

function escapeHtml(text) {
  return text.replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`);
}
