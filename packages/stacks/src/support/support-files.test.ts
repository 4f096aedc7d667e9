import { X509Certificate } from "node:crypto";
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { rootCertificates } from "node:tls";
import { afterEach, beforeEach, expect, test } from "vitest";
import { supportFiles } from "./support-files.ts";

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "berth-support-"));
});
afterEach(() => rmSync(folder, { recursive: true }));

test("the static server's bundle holds the server, and what it imports with it", () => {
  const files = supportFiles("static-server", folder);
  const paths = files.map(({ path }) => path);
  expect(paths).toEqual(paths.toSorted());
  expect(paths).toEqual(
    expect.arrayContaining([
      "static-server/server.mjs",
      "static-server/site.mjs",
      "static-server/node_modules/@polka/url/package.json",
      "static-server/node_modules/mrmime/package.json",
      "static-server/node_modules/sirv/package.json",
      "static-server/node_modules/totalist/package.json",
    ]),
  );
  expect(files.filter(({ file }) => !existsSync(file))).toEqual([]);
});

test("the certificates' bundle is one file of all root certificates, written once", () => {
  const [first, ...others] = supportFiles("certificates", join(folder, "made"));
  expect([first?.path, others]).toEqual(["certificates/ca-certificates.crt", []]);
  const certificates = readFileSync(first!.file, "utf8").match(
    /-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g,
  );
  expect(certificates?.length).toBe(rootCertificates.length);
  expect(certificates?.every((text) => new X509Certificate(text).ca)).toBe(true);
  const before = statSync(first!.file);
  expect(supportFiles("certificates", join(folder, "made"))[0]?.file).toBe(first!.file);
  expect(statSync(first!.file).mtimeMs).toBe(before.mtimeMs);
  expect(readdirSync(join(folder, "made")).length).toBe(1);
});

test.each(["nonsense", "constructor"])("there is no bundle %s", (name) => {
  expect(() => supportFiles(name, folder)).toThrow(`There is no support bundle called ${JSON.stringify(name)}.`);
});
