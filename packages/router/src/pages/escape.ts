const entities: Record<string, string> = { "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;", "'": "&#39;" };

/** Text as it can stand in HTML, in content and in quoted attributes. */
export function escapeHtml(text: string): string {
  return text.replace(/[&<>"']/g, (character) => entities[character] ?? character);
}

/** Text as a terminal may show it: without control characters, which could move its cursor or recolour it. */
export function plainLine(text: string): string {
  return text.replace(/\p{Cc}+/gu, " ");
}
