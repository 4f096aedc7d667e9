import { readFileSync, statSync } from "node:fs";
import { join, resolve, sep } from "node:path";
import { lookup } from "mrmime";
import sirv from "sirv";

/** Files of the source that a site in the root of a repository has beside it, and that are nobody's business. */
const hidden = new Set(["/berth.yaml", "/Procfile"]);
/** `main.3f2a1b9c.js`, `index-BhGpYxQ1.css`: eight or more characters that no word has. */
const hashed = /[.-](?=[\w-]*\d|[\w-]*[a-z][\w-]*[A-Z]|[\w-]*[A-Z][\w-]*[a-z])(?=[\w-]*[A-Za-z])[\w-]{8,}\.\w+$/;
const year = 31_536_000;

/**
 * Makes the request listener of a folder. Files are looked up per request, so that a folder of any size is served at
 * once and a broken link hides only itself; their ETags come from size and mtime.
 * @param {string} folder
 * @param {{ fallback: string | null, hashedAssets: boolean }} options
 * @returns {import("node:http").RequestListener}
 */
export function makeSite(folder, { fallback, hashedAssets }) {
  const root = resolve(folder);
  const notFoundPage = readPage(join(root, "404.html"));
  const serve = sirv(root, {
    dev: true,
    etag: true,
    gzip: true,
    brotli: true,
    dotfiles: true,
    single: fallback ?? false,
    setHeaders(response, path, stats) {
      const type = contentType(path, () => isFile(join(root, decode(path) ?? "")));
      if (type !== null) response.setHeader("Content-Type", type);
      if (hashedAssets && hashed.test(path)) response.setHeader("Cache-Control", `public, max-age=${year}, immutable`);
      narrowRange(response.req, stats);
    },
  });
  return (request, response) => {
    response.setHeader("X-Content-Type-Options", "nosniff");
    if (request.method !== "GET" && request.method !== "HEAD") {
      response.writeHead(405, { Allow: "GET, HEAD" }).end();
      return;
    }
    const [path = "/", query] = splitUrl(request.url ?? "/");
    const decoded = decode(path);
    if (decoded === null || isHidden(decoded)) return notFound(response, notFoundPage);
    if (isFolderWithoutSlash(root, decoded)) {
      // A relative link of its page would lead beside the folder. Leading slashes would name another host.
      const location = `${path.replace(/^\/+/, "/")}/${query}`;
      response.writeHead(307, { Location: location }).end();
      return;
    }
    serve(request, response, () => notFound(response, notFoundPage));
  };
}

/** @param {string} url @returns {[string, string]} */
function splitUrl(url) {
  const cut = url.indexOf("?");
  return cut === -1 ? [url, ""] : [url.slice(0, cut), url.slice(cut)];
}

/** @param {string} path */
function decode(path) {
  try {
    const decoded = decodeURIComponent(path);
    return decoded.includes("\0") ? null : decoded;
  } catch {
    return null;
  }
}

/** @param {string} path */
function isHidden(path) {
  return hidden.has(path) || /\/\.(?!well-known(\/|$))/.test(path);
}

/** @param {string} root @param {string} path */
function isFolderWithoutSlash(root, path) {
  if (path.endsWith("/")) return false;
  const file = join(root, path);
  return file.startsWith(root + sep) && isFile(join(file, "index.html")) && !isFile(`${file}.html`) && !isFile(file);
}

/** @param {string} file */
function isFile(file) {
  return statSync(file, { throwIfNoEntry: false })?.isFile() ?? false;
}

/**
 * The type that sirv would not get right: text without a character set, files that say nothing by their name.
 * @param {string} path @param {() => boolean} exists
 */
function contentType(path, exists) {
  const name = path.slice(path.lastIndexOf("/") + 1);
  const type = name.includes(".") ? lookup(name) : undefined;
  if (type !== undefined) return /^text\/|javascript|\/xml$/.test(type) ? `${type}; charset=utf-8` : type;
  return name !== "" && exists() ? "application/octet-stream" : null;
}

/**
 * Puts a range into the one form that sirv reads right, `bytes=<first>-<last>`, and drops what may be ignored:
 * several ranges, nonsense, and those of another version of the file.
 * @param {import("node:http").IncomingMessage} request @param {import("node:fs").Stats} stats
 */
function narrowRange({ headers }, stats) {
  if (headers.range === undefined) return;
  const match = /^bytes=(\d*)-(\d*)$/.exec(headers.range);
  const fresh = headers["if-range"] === undefined || headers["if-range"] === stats.mtime.toUTCString();
  const range = match === null || !fresh ? null : bounds(match[1] ?? "", match[2] ?? "", stats.size);
  if (range === null) delete headers.range;
  else headers.range = `bytes=${range[0]}-${range[1]}`;
}

/** @param {string} first @param {string} last @param {number} size @returns {[number, number] | null} */
function bounds(first, last, size) {
  if (first === "" && last === "") return null;
  if (first === "") return last === "0" ? [size, size] : [Math.max(0, size - Number(last)), size - 1];
  const end = last === "" ? size - 1 : Math.min(Number(last), size - 1);
  if (Number(first) >= size) return [Number(first), Number(first)];
  // sirv takes a last byte of 0 for an open end; the whole file is a right answer too.
  return end < Number(first) || end === 0 ? null : [Number(first), end];
}

/** @param {string} file */
function readPage(file) {
  return isFile(file) ? readFileSync(file) : null;
}

/** @param {import("node:http").ServerResponse} response @param {Buffer | null} page */
function notFound(response, page) {
  response.writeHead(404, {
    "Content-Type": page === null ? "text/plain; charset=utf-8" : "text/html; charset=utf-8",
    "Cache-Control": "no-cache",
  });
  response.end(page ?? "Not found\n");
}
