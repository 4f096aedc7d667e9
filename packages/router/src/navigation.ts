import type { IncomingMessage } from "node:http";
import { pageKind } from "./pages/accepts.ts";

/**
 * Whether a browser asks for what it is to show in a window of its own (Fetch Metadata, https://www.w3.org/TR/fetch-metadata): who looks at
 * it can be shown something else first. Frames are not, as their page may forbid what is not the app's; nor is what is fetched ahead.
 */
export function isNavigation({ method, headers }: IncomingMessage): boolean {
  return (
    (method === "GET" || method === "HEAD") &&
    headers["sec-fetch-mode"] === "navigate" &&
    (headers["sec-fetch-dest"] ?? "document") === "document" &&
    headers["sec-purpose"] === undefined &&
    headers["upgrade"] === undefined &&
    pageKind(headers.accept) === "html"
  );
}
