import { execFile, execFileSync } from "node:child_process";
import { readFile } from "node:fs/promises";
import { createServer as createSecureServer } from "node:https";
import { request as httpRequest } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { promisify } from "node:util";
import { describe, expect, it, onTestFinished } from "vitest";
import { makeHome } from "../../testing/images.ts";
import { addImage, addTag } from "../testing/image.ts";
import { failureOf, openTestRemote, signal } from "../testing/remote.ts";
import { serve, serveRegistry } from "../testing/registry.ts";
import { describeWith } from "../testing/requires.ts";

const execute = promisify(execFile);

function hasOpenssl(): boolean {
  try {
    execFileSync("openssl", ["version"], { stdio: "ignore" });
    return true;
  } catch {
    return false;
  }
}

/** A registry with one image, `team/base:1`. */
async function serveImage() {
  const registry = await serveRegistry();
  const made = addImage(registry);
  addTag(registry, "1", made.digest);
  return { registry, made };
}

/** A certificate for localhost that signs itself, and its key. */
async function makeCertificate(folder: string) {
  const [key, certificate] = [join(folder, "key.pem"), join(folder, "certificate.pem")];
  const subject = ["-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost"];
  const options = ["req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2"];
  await execute("openssl", [...options, ...subject, "-keyout", key, "-out", certificate]);
  return { key: await readFile(key, "utf8"), certificate: await readFile(certificate, "utf8"), file: certificate };
}

/** HTTPS before a server that speaks plain HTTP; the port. */
async function serveSecurely(
  origin: string,
  { key, certificate }: { key: string; certificate: string },
): Promise<number> {
  const server = createSecureServer({ key, cert: certificate }, (request, response) => {
    const { method, url, headers } = request;
    const passed = httpRequest(`${origin}${url}`, { method, headers }, (answer) => {
      response.writeHead(answer.statusCode ?? 0, answer.headers);
      answer.pipe(response);
    });
    request.pipe(passed);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  onTestFinished(() => {
    server.close();
    server.closeAllConnections();
  });
  return (server.address() as AddressInfo).port;
}

describeWith("openssl", hasOpenssl(), "openssl is not installed", () => {
  it("trusts a registry's certificate where it is told to, and else says what to do", async () => {
    const { registry, made } = await serveImage();
    const certificate = await makeCertificate(await makeHome());
    const port = await serveSecurely(registry.origin, certificate);
    const mirrors = `localhost:${port}=https://localhost:${port}`;
    const image = `localhost:${port}/team/base:1`;
    const doubtful = await openTestRemote({ mirrors });
    expect(await failureOf(doubtful.remote.resolve(image, signal))).toMatchObject({
      code: "registry.failed",
      message: expect.stringContaining(
        "has a certificate that this machine does not trust (DEPTH_ZERO_SELF_SIGNED_CERT)",
      ),
      hint: expect.stringContaining("NODE_EXTRA_CA_CERTS"),
    });
    expect(registry.asked).toEqual([]);
    const trusting = await openTestRemote({ mirrors, certificates: [certificate.certificate] });
    expect(await trusting.remote.resolve(image, signal)).toBe(made.digest);
    const otherName = await openTestRemote({
      mirrors: `localhost:${port}=https://127.0.0.1:${port}`,
      certificates: [certificate.certificate],
    });
    expect(await failureOf(otherName.remote.resolve(image, signal))).toMatchObject({
      details: expect.arrayContaining([expect.stringContaining("has a certificate for another name")]),
    });
  });

  it("trusts whom the system trusts", async () => {
    const { registry, made } = await serveImage();
    const home = await makeHome();
    const certificate = await makeCertificate(home);
    const port = await serveSecurely(registry.origin, certificate);
    // What the system trusts is read once for a process, so it takes one of its own.
    const child = join(import.meta.dirname, "..", "testing", "resolve-child.ts");
    const args = [child, home, `localhost:${port}=https://localhost:${port}`, `localhost:${port}/team/base:1`];
    const empty = await makeHome();
    const run = async (file: string) => {
      const env = { ...process.env, SSL_CERT_FILE: file, SSL_CERT_DIR: empty, NODE_EXTRA_CA_CERTS: "" };
      return (await execute(process.execPath, args, { env })).stdout.trim();
    };
    expect(await run(certificate.file)).toBe(made.digest);
    expect(await run(join(empty, "none.pem"))).toBe("registry.failed");
  });

  it("says of a registry that it does not speak HTTPS", async () => {
    const origin = await serve((_request, response) => void response.end());
    const { host } = new URL(origin);
    const { remote } = await openTestRemote({ mirrors: `${host}=https://${host}` });
    expect(await failureOf(remote.resolve(`${host}/team/base:1`, signal))).toMatchObject({
      code: "registry.failed",
      message: expect.stringMatching(/does not speak HTTPS|cannot be trusted/),
    });
  });
});

describe("a proxy", () => {
  it("is used for other machines, and not for this one", async () => {
    const { registry, made } = await serveImage();
    const seen: string[] = [];
    const proxy = await serve((request, response) => {
      seen.push(`${request.method} ${request.url}`);
      response.writeHead(200, { "docker-content-digest": made.digest }).end();
    });
    const { remote } = await openTestRemote({
      mirrors: "registry.test=http://registry.test",
      proxyEnv: { HTTP_PROXY: proxy, http_proxy: proxy },
    });
    expect(await remote.resolve("registry.test/team/base:1", signal)).toBe(made.digest);
    expect(seen).toEqual(["HEAD http://registry.test/v2/team/base/manifests/1"]);
    expect(await remote.resolve(`${registry.host}/team/base:1`, signal)).toBe(made.digest);
    expect(registry.asked).toHaveLength(1);
    expect(seen).toHaveLength(1);
  });
});
