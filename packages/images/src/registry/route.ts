/** What a request is about. Names and references are as the client wrote them: whether they fit is for whoever uses them. */
export type Route =
  | { kind: "base" }
  | { kind: "token" }
  | { kind: "catalog" }
  | { kind: "manifest"; repository: string; reference: string }
  | { kind: "blob"; repository: string; digest: string }
  | { kind: "uploads"; repository: string }
  | { kind: "upload"; repository: string; id: string }
  | { kind: "tags"; repository: string }
  | { kind: "referrers"; repository: string; digest: string };

export interface Target {
  route: Route;
  query: URLSearchParams;
}

const prefix = "/v2/";

/** Reads the target of a request; null where the registry has nothing there. A name may hold slashes, so a path is read from its end. */
export function parseTarget(url: string): Target | null {
  const cut = url.indexOf("?");
  const path = cut === -1 ? url : url.slice(0, cut);
  const route = parsePath(path === "/v2" ? prefix : path);
  return route === null ? null : { route, query: new URLSearchParams(cut === -1 ? "" : url.slice(cut + 1)) };
}

function parsePath(path: string): Route | null {
  if (!path.startsWith(prefix)) return null;
  const rest = path.slice(prefix.length);
  if (rest === "") return { kind: "base" };
  if (rest === "token") return { kind: "token" };
  if (rest === "_catalog") return { kind: "catalog" };
  const parts = rest.split("/");
  const last = decode(parts.at(-1) ?? "");
  if (last === null) return null;
  const nameBefore = (count: number) => parts.slice(0, -count).join("/");
  if (parts.at(-3) === "blobs" && parts.at(-2) === "uploads" && parts.length > 3) {
    return last === ""
      ? { kind: "uploads", repository: nameBefore(3) }
      : { kind: "upload", repository: nameBefore(3), id: last };
  }
  if (parts.length < 3 || last === "") return null;
  const repository = nameBefore(2);
  switch (parts.at(-2)) {
    case "manifests":
      return { kind: "manifest", repository, reference: last };
    case "blobs":
      return last === "uploads" ? { kind: "uploads", repository } : { kind: "blob", repository, digest: last };
    case "referrers":
      return { kind: "referrers", repository, digest: last };
    case "tags":
      return last === "list" ? { kind: "tags", repository } : null;
    default:
      return null;
  }
}

function decode(text: string): string | null {
  try {
    return decodeURIComponent(text);
  } catch {
    return null;
  }
}
