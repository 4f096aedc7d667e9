import { spawn } from "node:child_process";
import { once } from "node:events";
import { chmodSync, mkdtempSync, writeFileSync } from "node:fs";
import { type AddressInfo, createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { removeFolder } from "../support/remove-folder.ts";

const main = join(import.meta.dirname, "../../apps/server/src/main.ts");
/** Root may write everywhere, so as root the server is started as nobody. */
const nobody = process.getuid!() === 0 ? { uid: 65_534, gid: 65_534 } : {};

let folder: string;

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "berth-start-"));
  chmodSync(folder, 0o755);
});
afterAll(() => removeFolder(folder));

/** Starts a server that ends by itself. */
function start(env: Record<string, string>, ...args: string[]): Promise<{ code: number | null; output: string }> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [main, "--no-example", ...args], {
      env: { PATH: process.env["PATH"], HOME: folder, BERTH_PORT: "0", ...env },
      stdio: ["ignore", "pipe", "pipe"],
      ...nobody,
    });
    let output = "";
    for (const stream of [child.stdout, child.stderr]) {
      stream.setEncoding("utf8").on("data", (text: string) => {
        output += text;
        if (output.includes("Ctrl-C stops it")) child.kill("SIGINT");
      });
    }
    child.on("error", reject);
    child.on("close", (code) => resolve({ code, output }));
  });
}

it("says that BERTH_HOME cannot be written, and what to do", async () => {
  const home = mkdtempSync(join(folder, "read-only-"));
  chmodSync(home, 0o555);
  const { code, output } = await start({ BERTH_HOME: home });
  expect(code).toBe(1);
  expect(output).toBe(
    [
      "error: BERTH_HOME cannot be written: no right to write there.",
      `at:    ${home}`,
      "hint:  Give its owner the right to write there, or set BERTH_HOME to another folder.",
      "",
    ].join("\n"),
  );
});

it("says that BERTH_HOME cannot be made below what cannot be written", async () => {
  const home = mkdtempSync(join(folder, "read-only-"));
  chmodSync(home, 0o555);
  const { code, output } = await start({ BERTH_HOME: join(home, "state/berth") });
  expect(code).toBe(1);
  expect(output).toMatch(/error: BERTH_HOME cannot be written: no right to write there/);
});

it("says that BERTH_HOME is no folder", async () => {
  const home = join(folder, "file");
  writeFileSync(home, "");
  const { code, output } = await start({ BERTH_HOME: home });
  expect(code).toBe(1);
  expect(output).toMatch(/error: BERTH_HOME cannot be written: it is not a folder/);
});

it("says which port another program has, and how to take another", async () => {
  const other = createServer().listen(0, "127.0.0.1");
  await once(other, "listening");
  const { port } = other.address() as AddressInfo;
  const home = mkdtempSync(join(folder, "home-"));
  chmodSync(home, 0o777);
  const { code, output } = await start({ BERTH_HOME: home, BERTH_PORT: String(port) });
  other.close();
  expect(code).toBe(1);
  expect(output).toContain(`error: Port ${port} on 127.0.0.1 is in use by another program.`);
  expect(output).toMatch(/hint: .*BERTH_PORT=\d+ npm start/);
});

it("explains each setting that is wrong", async () => {
  const { code, output } = await start({ BERTH_PORT: "http", BERTH_LOG: "loud", BERTH_DOMAIN: "*.example.org" });
  expect(code).toBe(1);
  expect(output).toMatch(/error: BERTH_PORT and BERTH_DOMAIN and BERTH_LOG cannot be used/);
  expect(output).toMatch(/BERTH_PORT="http": it is the port for/);
  expect(output).toMatch(/BERTH_LOG="loud": it is .*debug, info, warn/);
});

it("explains an option that is not there", async () => {
  const { code, output } = await start({}, "--exmaple");
  expect(code).toBe(1);
  expect(output).toMatch(/error: .*--exmaple[^]*hint: .*--help/);
});

it("starts as a normal user, and its home is for that user alone", async () => {
  const parent = mkdtempSync(join(folder, "own-"));
  chmodSync(parent, 0o777);
  const { code, output } = await start({ BERTH_HOME: join(parent, "berth") });
  expect(output).toContain("Ctrl-C stops it and its apps");
  expect(code).toBe(0);
});
