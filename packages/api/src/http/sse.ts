/** One server-sent event; the data is written as JSON, which has no line breaks. */
export function sseEvent(event: { id?: number; event: string; data: unknown }): string {
  const id = event.id === undefined ? "" : `id: ${event.id}\n`;
  return `${id}event: ${event.event}\ndata: ${JSON.stringify(event.data)}\n\n`;
}

/** A comment: keeps the connection busy, is told to nobody. */
export const sseHeartbeat = ":\n\n";
export const sseType = "text/event-stream";
