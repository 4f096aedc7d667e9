/** Looks up what to do with a header by its name in any case. The usual spellings are found without making a new string. */
export function makeHeaderKinds<Kind>(kinds: Record<string, Kind>): (name: string) => Kind | undefined {
  const known = new Map<string, Kind | undefined>();
  for (const [name, kind] of Object.entries(kinds)) for (const spelling of spellings(name)) known.set(spelling, kind);
  for (const name of ordinary) for (const spelling of spellings(name)) known.set(spelling, kinds[name]);
  return (name) => (known.has(name) ? known.get(name) : known.get(name.toLowerCase()));
}

const ordinary = [
  "accept",
  "accept-encoding",
  "accept-language",
  "accept-ranges",
  "access-control-allow-origin",
  "age",
  "authorization",
  "cache-control",
  "content-encoding",
  "content-length",
  "content-type",
  "cookie",
  "date",
  "etag",
  "expires",
  "host",
  "if-modified-since",
  "if-none-match",
  "last-modified",
  "location",
  "origin",
  "pragma",
  "priority",
  "range",
  "referer",
  "sec-ch-ua",
  "sec-ch-ua-mobile",
  "sec-ch-ua-platform",
  "sec-fetch-dest",
  "sec-fetch-mode",
  "sec-fetch-site",
  "sec-fetch-user",
  "server",
  "set-cookie",
  "upgrade-insecure-requests",
  "user-agent",
  "vary",
  "x-content-type-options",
  "x-powered-by",
];

function spellings(name: string): string[] {
  return [name, name.replace(/(?:^|-)[a-z]/g, (start) => start.toUpperCase())];
}

const never: ReadonlySet<string> = new Set();
/** Headers that say where a message goes and ends stay, even if a Connection header names them. */
const essential: ReadonlySet<string> = new Set(["host", "content-length"]);

/** The headers that a Connection header declares to be for this hop alone, in lower case. */
export function namedInConnection(connection: string | undefined): ReadonlySet<string> {
  if (connection === undefined || /^(?:keep-alive|close|upgrade)$/i.test(connection)) return never;
  const names = connection.split(",").map((name) => name.trim().toLowerCase());
  return new Set(names.filter((name) => !essential.has(name)));
}
