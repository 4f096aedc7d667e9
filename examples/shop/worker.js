const { BERTH_URL_API = "http://127.0.0.1:3001", HEARTBEAT_MS = "5000" } = process.env;

async function beat() {
  try {
    const answer = await fetch(`${BERTH_URL_API}/api/products`, { signal: AbortSignal.timeout(5000) });
    const products = await answer.json();
    console.log(`worker: heartbeat, ${products.length} products in stock`);
  } catch (error) {
    console.log(`worker: heartbeat, the api does not answer: ${error.message}`);
  }
}

const timer = setInterval(beat, Number(HEARTBEAT_MS));
process.once("SIGTERM", () => clearInterval(timer));
await beat();
