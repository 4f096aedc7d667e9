import type { IncomingMessage } from "node:http";
import { RegistryError } from "../registry-error.ts";

const safeMethods = new Set(["GET", "HEAD", "OPTIONS"]);

/**
 * Refuses what a web page of somebody else makes a browser send, as the API does. Apps live on hosts beside this one, so the same
 * site is not trusted either, only the same origin. Programs send none of these headers. Throws `DENIED`.
 */
export function refuseOtherSites({ method = "GET", headers }: IncomingMessage, origin: string): void {
  const isChange = !safeMethods.has(method);
  const from = headers.origin;
  const site = headers["sec-fetch-site"];
  const carries = headers.authorization !== undefined || headers.cookie !== undefined;
  const isOther = isChange && from !== undefined && from !== origin;
  if (isOther || ((isChange || carries) && (site === "cross-site" || site === "same-site"))) {
    throw new RegistryError("DENIED", "A web page of another origin may not use the registry.", {
      detail: from ?? String(site),
    });
  }
}
