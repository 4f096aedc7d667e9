import type { Server } from "node:http";

/** How long requests under way may take to end when the server does. */
const closeGraceMs = 1_000;

/** Takes no new connections, ends what keeps requests long, and lets them finish for a moment. */
export async function closeServer(
  http: Server,
  endWork: () => Promise<void> = async () => undefined,
  graceMs = closeGraceMs,
): Promise<void> {
  const { promise: closed, resolve } = Promise.withResolvers<void>();
  http.close(() => resolve());
  http.closeIdleConnections();
  await endWork();
  const timer = setTimeout(() => {
    http.closeAllConnections();
    // Tunnels are not among them, and may be open for days.
    resolve();
  }, graceMs);
  await closed;
  clearTimeout(timer);
}
