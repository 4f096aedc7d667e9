import { loopbackHost } from "./loopback.ts";
import { registryHost, registryPlace } from "./place.ts";
import type { Place } from "./place.ts";

/** A host with a port where there is one. */
export const hostPattern = /^(\[[0-9a-f:]+\]|[a-z0-9]([a-z0-9.-]*[a-z0-9])?)(:\d{1,5})?$/;
const folderPattern = /^([a-z0-9._-]+\/)*$/;

/** Reads where a registry is: `https://mirror.example/folder`, or without what goes without saying. A string says what is wrong with it. */
export function readAddress(text: string): Place | string {
  const scheme = /^([a-z][a-z0-9+.-]*):\/\//i.exec(text)?.[1]?.toLowerCase();
  if (scheme !== undefined && scheme !== "http" && scheme !== "https")
    return `it is reached by http or https, not ${scheme}`;
  const bare = scheme === undefined ? text : text.slice(scheme.length + 3);
  const host = bare.split("/", 1)[0] ?? "";
  if (host.includes("@")) return "credentials do not belong into it: keep them with `docker login`";
  const url = parseUrl(`${scheme ?? (loopbackHost(host) ? "http" : "https")}://${bare}`);
  if (url === null || !hostPattern.test(host.toLowerCase()))
    return `${JSON.stringify(text)} is not the URL of a registry`;
  if (url.search !== "" || url.hash !== "") return "it ends where its path ends, without ? or #";
  const { api, folder } = splitPath(url.pathname);
  if (!folderPattern.test(folder)) return `${JSON.stringify(folder.slice(0, -1))} is not a folder of images`;
  const plain = registryPlace(registryHost(host), url.protocol === "http:");
  return { ...plain, api, folder };
}

/** `/folder` is a folder below `/v2/`; a path with `/v2` in it says itself where the API begins and what follows. */
function splitPath(path: string): { api: string; folder: string } {
  const parts = path.split("/").filter((part) => part !== "");
  const api = parts.indexOf("v2");
  const closed = (some: string[]) => some.map((part) => `${part}/`).join("");
  if (api === -1) return { api: "/v2/", folder: closed(parts) };
  return { api: `/${closed(parts.slice(0, api + 1))}`, folder: closed(parts.slice(api + 1)) };
}

function parseUrl(text: string): URL | null {
  return URL.canParse(text) ? new URL(text) : null;
}
