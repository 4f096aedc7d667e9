export type PageKind = "html" | "json" | "text";

/**
 * How a client wants to be told of an error: JSON or HTML, whichever it names with the greater weight
 * (RFC 9110, 12.5.1; JSON wins a tie), plain text where it names neither, as curl does with its "any".
 */
export function pageKind(accept: string | undefined): PageKind {
  let html = 0;
  let json = 0;
  for (const part of (accept ?? "").split(",")) {
    const [type = "", ...parameters] = part.toLowerCase().split(";");
    const weight = weightOf(parameters);
    const media = type.trim();
    if (media === "text/html" || media === "application/xhtml+xml") html = Math.max(html, weight);
    else if (/^application\/(?:[\w.+-]+\+)?json$/.test(media)) json = Math.max(json, weight);
  }
  if (json > 0 && json >= html) return "json";
  return html > 0 ? "html" : "text";
}

function weightOf(parameters: readonly string[]): number {
  const weight = parameters.map((parameter) => parameter.trim()).find((parameter) => parameter.startsWith("q="));
  if (weight === undefined) return 1;
  const value = Number(weight.slice(2));
  return value >= 0 && value <= 1 ? value : 0;
}
