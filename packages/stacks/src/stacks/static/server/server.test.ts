import { spawn, type ChildProcess } from "node:child_process";
import { cpSync, mkdirSync, mkdtempSync, realpathSync, rmSync, symlinkSync, utimesSync, writeFileSync } from "node:fs";
import { request, type IncomingHttpHeaders } from "node:http";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { supportFiles } from "../../../support/support-files.ts";

interface Answer {
  status: number;
  headers: IncomingHttpHeaders;
  body: string;
}

const root = realpathSync(mkdtempSync(join(tmpdir(), "berth-static-")));
const processes: ChildProcess[] = [];
let plain: number;
let spa: number;

/** Lays files out as an unpacked image: the app at /app, Berth's own at /berth. */
beforeAll(async () => {
  for (const { path, file } of supportFiles("static-server", root)) {
    mkdirSync(dirname(join(root, "berth", path)), { recursive: true });
    cpSync(file, join(root, "berth", path));
  }
  write("index.html", "<h1>Home</h1>");
  write("about.html", "about");
  write("docs/index.html", "docs");
  write("404.html", "<h1>Lost</h1>");
  write("app.js", "let a;");
  write("app.js.gz", "gzipped");
  write("app.js.br", "brotlied");
  write("notes.txt", "ä");
  write("LICENSE", "free");
  write("ten.bin", "0123456789");
  write("empty.bin", "");
  write("with space ü.txt", "found");
  write(".env", "SECRET=1");
  write(".well-known/thing", "known");
  write("berth.yaml", "env: {}");
  write("assets/index-BhGpYxQ1.js", "hashed");
  write("assets/main.3f2a1b9c.css", "hashed");
  write("assets/jquery-complete.js", "not hashed");
  symlinkSync("gone", join(root, "app/broken.txt"));
  writeFileSync(join(root, "outside.txt"), "outside");
  plain = await start(".");
  spa = await start(".", "--spa", "--hashed-assets");
});

afterAll(() => {
  for (const child of processes) child.kill("SIGKILL");
  rmSync(root, { recursive: true, force: true });
});

function write(path: string, text: string): void {
  const file = join(root, "app", path);
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, text);
  utimesSync(file, 1_000_000_000, 1_000_000_000);
}

function run(args: string[], env: Record<string, string>): ChildProcess {
  const child = spawn(process.execPath, ["../berth/static-server/server.mjs", ...args], {
    cwd: join(root, "app"),
    env,
  });
  processes.push(child);
  return child;
}

/** Starts a server on a free port and resolves with it once it listens. */
function start(...args: string[]): Promise<number> {
  const child = run(args, { PORT: "0", HOST: "127.0.0.1" });
  return new Promise((resolve, reject) => {
    child.stdout?.setEncoding("utf8").once("data", (line: string) => resolve(Number(/port (\d+)/.exec(line)?.[1])));
    child.once("exit", (code) => reject(new Error(`the server exited with ${code}`)));
  });
}

/** Asks for exactly this path: `fetch` would clean it up. */
function ask(port: number, path: string, headers: Record<string, string> = {}, method = "GET"): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const sent = request({ host: "127.0.0.1", port, path, method, headers, agent: false }, (response) => {
      let body = "";
      response.setEncoding("utf8").on("data", (chunk: string) => (body += chunk));
      response.on("end", () => resolve({ status: response.statusCode ?? 0, headers: response.headers, body }));
    });
    sent.on("error", reject).end();
  });
}

test.each([
  ["/", 200, "<h1>Home</h1>", "text/html;charset=utf-8"],
  ["/index.html", 200, "<h1>Home</h1>", "text/html; charset=utf-8"],
  ["/about", 200, "about", "text/html;charset=utf-8"],
  ["/about?x=1", 200, "about", "text/html;charset=utf-8"],
  ["/docs/", 200, "docs", "text/html;charset=utf-8"],
  ["/app.js", 200, "let a;", "text/javascript; charset=utf-8"],
  ["/notes.txt", 200, "ä", "text/plain; charset=utf-8"],
  ["/LICENSE", 200, "free", "application/octet-stream"],
  ["/with%20space%20%C3%BC.txt", 200, "found", "text/plain; charset=utf-8"],
  ["/.well-known/thing", 200, "known", "application/octet-stream"],
  ["/gone", 404, "<h1>Lost</h1>", "text/html; charset=utf-8"],
  ["/gone.js", 404, "<h1>Lost</h1>", "text/html; charset=utf-8"],
  ["/broken.txt", 404, "<h1>Lost</h1>", "text/html; charset=utf-8"],
  ["/.env", 404, "<h1>Lost</h1>", "text/html; charset=utf-8"],
  ["/%2eenv", 404, "<h1>Lost</h1>", "text/html; charset=utf-8"],
  ["/berth.yaml", 404, "<h1>Lost</h1>", "text/html; charset=utf-8"],
  ["/../outside.txt", 404, "<h1>Lost</h1>", "text/html; charset=utf-8"],
  ["/%2e%2e/outside.txt", 404, "<h1>Lost</h1>", "text/html; charset=utf-8"],
  ["/..%2foutside.txt", 404, "<h1>Lost</h1>", "text/html; charset=utf-8"],
  ["/a%00b", 404, "<h1>Lost</h1>", "text/html; charset=utf-8"],
  ["/%zz", 404, "<h1>Lost</h1>", "text/html; charset=utf-8"],
])("answers %s with %d", async (path, status, body, type) => {
  const answer = await ask(plain, path);
  expect([answer.status, answer.body, answer.headers["content-type"]]).toEqual([status, body, type]);
  expect(answer.headers["x-content-type-options"]).toBe("nosniff");
});

test("a folder without its slash leads to the one with it, on the same host", async () => {
  expect(await ask(plain, "/docs?a=b")).toMatchObject({ status: 307, headers: { location: "/docs/?a=b" } });
  expect(await ask(plain, "//docs")).toMatchObject({ status: 307, headers: { location: "/docs/" } });
});

test("answers HEAD without a body, and no other method", async () => {
  expect(await ask(plain, "/ten.bin", {}, "HEAD")).toMatchObject({
    status: 200,
    headers: { "content-length": "10" },
    body: "",
  });
  expect(await ask(plain, "/ten.bin", {}, "POST")).toMatchObject({ status: 405, headers: { allow: "GET, HEAD" } });
});

test("a known ETag is answered with 304, that of a file with another mtime is not", async () => {
  const { headers } = await ask(plain, "/app.js");
  const etag = headers.etag ?? "";
  expect(await ask(plain, "/app.js", { "If-None-Match": etag })).toMatchObject({ status: 304, body: "" });
  writeFileSync(join(root, "app/app.js"), "let b;");
  utimesSync(join(root, "app/app.js"), 1_000_000_001, 1_000_000_001);
  expect(await ask(plain, "/app.js", { "If-None-Match": etag })).toMatchObject({ status: 200, body: "let b;" });
  write("app.js", "let a;");
});

test.each([
  ["bytes=2-4", 206, "234", "bytes 2-4/10"],
  ["bytes=7-", 206, "789", "bytes 7-9/10"],
  ["bytes=-3", 206, "789", "bytes 7-9/10"],
  ["bytes=-99", 206, "0123456789", "bytes 0-9/10"],
  ["bytes=5-99", 206, "56789", "bytes 5-9/10"],
  ["bytes=10-", 416, "", "bytes */10"],
  ["bytes=-0", 416, "", "bytes */10"],
  ["bytes=4-2", 200, "0123456789", undefined],
  ["bytes=0-0", 200, "0123456789", undefined],
  ["bytes=0-1,4-5", 200, "0123456789", undefined],
  ["lines=1-2", 200, "0123456789", undefined],
])("answers the range %s with %d", async (range, status, body, contentRange) => {
  const answer = await ask(plain, "/ten.bin", { Range: range });
  expect([answer.status, answer.body, answer.headers["content-range"]]).toEqual([status, body, contentRange]);
});

test("a range of another version of the file gets the whole file", async () => {
  const range = { Range: "bytes=2-4" };
  const { headers } = await ask(plain, "/ten.bin");
  const same = await ask(plain, "/ten.bin", { ...range, "If-Range": headers["last-modified"] ?? "" });
  const other = await ask(plain, "/ten.bin", { ...range, "If-Range": "Mon, 01 Jan 2001 00:00:00 GMT" });
  expect([same.status, other.status]).toEqual([206, 200]);
});

test.each([
  ["gzip", "gzip", "gzipped"],
  ["gzip, br", "br", "brotlied"],
  ["identity", undefined, "let a;"],
])("for Accept-Encoding %s it takes the file that is compressed so", async (accepted, encoding, body) => {
  const answer = await ask(plain, "/app.js", { "Accept-Encoding": accepted });
  expect([answer.headers["content-encoding"], answer.body]).toEqual([encoding, body]);
  expect(answer.headers["content-type"]).toBe("text/javascript; charset=utf-8");
  expect(answer.headers.vary).toBe("Accept-Encoding");
});

test("only an application that routes in the browser gets its page at any address, and never for a file", async () => {
  expect(await ask(spa, "/some/view")).toMatchObject({ status: 200, body: "<h1>Home</h1>" });
  expect(await ask(spa, "/gone.js")).toMatchObject({ status: 404 });
  expect(await ask(plain, "/some/view")).toMatchObject({ status: 404 });
});

test.each([
  ["/assets/index-BhGpYxQ1.js", "public, max-age=31536000, immutable"],
  ["/assets/main.3f2a1b9c.css", "public, max-age=31536000, immutable"],
  ["/assets/jquery-complete.js", "no-cache"],
  ["/", "no-cache"],
])("a bundler's %s has the cache control %s", async (path, cacheControl) => {
  expect((await ask(spa, path)).headers["cache-control"]).toBe(cacheControl);
  expect((await ask(plain, path)).headers["cache-control"]).toBe("no-cache");
});

test("stops at SIGTERM with exit code 0", async () => {
  await start(".");
  const child = processes.at(-1)!;
  const exited = new Promise((resolve) => child.once("exit", (code) => resolve(code)));
  child.kill("SIGTERM");
  expect(await exited).toBe(0);
});

test("says that the folder is not there", async () => {
  const child = run(["dist"], { PORT: "1" });
  let output = "";
  child.stderr?.setEncoding("utf8").on("data", (chunk: string) => (output += chunk));
  const code = await new Promise((resolve) => child.once("close", resolve));
  expect([code, output]).toEqual([1, "static-server: The folder dist is not there: the build did not make it.\n"]);
});
