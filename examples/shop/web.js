import { createServer } from "node:http";

const { PORT = "3000", BERTH_URL_API = "http://127.0.0.1:3001" } = process.env;

const server = createServer(async (request, response) => {
  if (request.url !== "/") {
    response.writeHead(404, { "Content-Type": "text/plain; charset=utf-8" }).end("Not found\n");
    return;
  }
  try {
    const products = await fetchProducts();
    response.writeHead(200, { "Content-Type": "text/html; charset=utf-8" }).end(page(products));
  } catch (error) {
    console.error(`web: the api does not answer: ${error.message}`);
    response.writeHead(502, { "Content-Type": "text/plain; charset=utf-8" }).end("The shop is closed for a moment.\n");
  }
});

/** The neighbour is at one address for as long as the environment exists, whichever release of it is live. */
async function fetchProducts() {
  const answer = await fetch(`${BERTH_URL_API}/api/products`, { signal: AbortSignal.timeout(5000) });
  if (!answer.ok) throw new Error(`it answered ${answer.status}`);
  return answer.json();
}

function page(products) {
  const rows = products.map(({ name, price }) => `<tr><td>${escapeHtml(name)}<td>€ ${price.toFixed(2)}`).join("\n");
  return `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Chandlery</title>
<style>
  body { font: 1.1rem/1.6 system-ui, sans-serif; max-width: 32rem; margin: 3rem auto; padding: 0 1rem }
  td { padding: 0.25rem 2rem 0.25rem 0 }
</style>
<h1>Chandlery</h1>
<table>
${rows}
</table>
</html>
`;
}

function escapeHtml(text) {
  return text.replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`);
}

server.listen(Number(PORT), () => console.log(`web: listening on port ${PORT}`));
process.once("SIGTERM", () => server.close());
