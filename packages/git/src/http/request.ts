/** The two services of git over HTTP: fetch and push. */
export type Service = "git-upload-pack" | "git-receive-pack";

/** What a request asks git for. */
export type GitRequest =
  | { kind: "advertise"; app: string; service: Service }
  | { kind: "call"; app: string; service: Service }
  /** What `berth dev` sends: a pack with this tree. */
  | { kind: "working-tree"; app: string; tree: string }
  /** Git of before 2010, or a browser. */
  | { kind: "unknown"; app: string };

const path = /^\/([^/]+)\.git(?:\/(.*))?$/;
const services: ReadonlyMap<string, Service> = new Map(
  (["git-upload-pack", "git-receive-pack"] as const).map((name) => [name, name]),
);

/** Reads method and URL; null where the path is not below `/<app>.git`. */
export function parseGitRequest(method: string, url: string): GitRequest | null {
  const parsed = URL.parse(url, "http://localhost");
  if (parsed === null) return null;
  const { pathname, searchParams } = parsed;
  const [, app, rest = ""] = path.exec(pathname) ?? [];
  if (app === undefined) return null;
  const advertised = services.get(searchParams.get("service") ?? "");
  if (method === "GET" && rest === "info/refs" && advertised) return { kind: "advertise", app, service: advertised };
  const called = services.get(rest);
  if (method === "POST" && called) return { kind: "call", app, service: called };
  const tree = searchParams.get("tree") ?? "";
  const isSent = method === "POST" && rest === "berth-working-tree";
  if (isSent && /^([\da-f]{40}|[\da-f]{64})$/.test(tree)) return { kind: "working-tree", app, tree };
  return { kind: "unknown", app };
}

/** The password of Basic authentication: a token. The user's name is not looked at. */
export function basicPassword(header: string | undefined): string | null {
  const encoded = /^basic +([\w+/=-]+)$/i.exec(header ?? "")?.[1];
  if (encoded === undefined) return null;
  const text = Buffer.from(encoded, "base64").toString("utf8");
  const colon = text.indexOf(":");
  return colon === -1 ? null : text.slice(colon + 1);
}

/** The protocol version a client asks for, as git takes it from its environment; undefined where it asks for none. */
export function gitProtocol(header: string | readonly string[] | undefined): string | undefined {
  return typeof header === "string" && /^[\w=.:-]{1,200}$/.test(header) ? header : undefined;
}
