import { chmod, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { KubeConfig } from "@kubernetes/client-node";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { openCredentials } from "./credentials.ts";

describe("openCredentials", () => {
  let folder: string;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), "berth-credentials-"));
  });
  afterAll(() => rm(folder, { recursive: true, force: true }));

  interface Parts {
    user?: object;
    cluster?: object;
    contexts?: string[];
    current?: string;
  }

  async function kubeconfig(file: string, { user = {}, cluster = {}, contexts = ["test"], current }: Parts = {}) {
    const path = join(folder, file);
    const context = { cluster: "c", user: "u", namespace: "shop" };
    const config = {
      apiVersion: "v1",
      kind: "Config",
      "current-context": current ?? contexts[0],
      clusters: [{ name: "c", cluster: { server: `https://${file}.test:6443/`, ...cluster } }],
      users: [{ name: "u", user }],
      contexts: contexts.map((name) => ({ name, context })),
    };
    await writeFile(path, JSON.stringify(config));
    return path;
  }

  it("reads the current context, or the one that is named", async () => {
    const file = await kubeconfig("a", { contexts: ["one", "two"] });
    expect(await openCredentials(KubeConfig, { kubeconfig: file })).toMatchObject({
      name: "one",
      server: "https://a.test:6443",
      namespace: "shop",
    });
    expect(await openCredentials(KubeConfig, { kubeconfig: file, context: "two" })).toMatchObject({ name: "two" });
  });

  it("says which contexts there are where the one is not", async () => {
    const file = await kubeconfig("b", { contexts: ["one", "two"] });
    await expect(openCredentials(KubeConfig, { kubeconfig: file, context: "three" })).rejects.toMatchObject({
      code: "settings.invalid",
      hint: "It has one, two.",
    });
  });

  it("takes what several files name from the first of them", async () => {
    const files = [await kubeconfig("first", { contexts: ["one"] }), await kubeconfig("second", { contexts: ["two"] })];
    const found = await openCredentials(KubeConfig, { kubeconfig: files.join(delimiter), context: "two" });
    expect(found.server).toBe("https://first.test:6443");
  });

  it("says which file cannot be read", async () => {
    const file = join(folder, "none");
    await expect(openCredentials(KubeConfig, { kubeconfig: file })).rejects.toMatchObject({
      code: "settings.invalid",
      path: file,
    });
  });

  it("says that a kubeconfig is needed outside of a pod", async () => {
    await expect(openCredentials(KubeConfig, {})).rejects.toMatchObject({ code: "settings.invalid" });
  });

  it("gives tokens, names with passwords, and certificates", async () => {
    const token = await openCredentials(KubeConfig, { kubeconfig: await kubeconfig("t", { user: { token: "abc" } }) });
    expect((await token.access()).headers).toEqual({ Authorization: "Bearer abc" });
    const basic = { username: "me", password: "secret" };
    const named = await openCredentials(KubeConfig, { kubeconfig: await kubeconfig("n", { user: basic }) });
    expect((await named.access()).headers).toEqual({ Authorization: "Basic bWU6c2VjcmV0" });
    const cluster = {
      "certificate-authority-data": Buffer.from("ca").toString("base64"),
      "tls-server-name": "k8s",
      "proxy-url": "http://proxy.test",
    };
    const certificate = { "client-certificate-data": Buffer.from("cert").toString("base64") };
    const file = await kubeconfig("c", { cluster, user: certificate });
    const { tls, proxy } = await (await openCredentials(KubeConfig, { kubeconfig: file })).access();
    expect({ ...tls, ca: String(tls.ca), cert: String(tls.cert) }).toEqual({
      ca: "ca",
      cert: "cert",
      servername: "k8s",
    });
    expect(proxy).toBe("http://proxy.test");
  });

  it("reads a token's file again when it has been renewed", async () => {
    await writeFile(join(folder, "token"), "first\n");
    const file = await kubeconfig("f", { user: { tokenFile: "token" } });
    const credentials = await openCredentials(KubeConfig, { kubeconfig: file });
    expect((await credentials.access()).headers).toEqual({ Authorization: "Bearer first" });
    await writeFile(join(folder, "token"), "second\n");
    await credentials.renew();
    expect((await credentials.access()).headers).toEqual({ Authorization: "Bearer second" });
  });

  it("asks a program, and gives its words where it fails", async () => {
    const program = join(folder, "give-token");
    const answer = {
      kind: "ExecCredential",
      apiVersion: "client.authentication.k8s.io/v1",
      status: { token: "given" },
    };
    await writeFile(
      program,
      `#!/bin/sh\n[ "$1" = ok ] || { echo 'log in first' >&2; exit 1; }\necho '${JSON.stringify(answer)}'\n`,
    );
    await chmod(program, 0o755);
    const user = (arg: string) => ({ exec: { apiVersion: answer.apiVersion, command: program, args: [arg] } });
    const works = await openCredentials(KubeConfig, { kubeconfig: await kubeconfig("e1", { user: user("ok") }) });
    expect((await works.access()).headers).toEqual({ Authorization: "Bearer given" });
    const fails = await openCredentials(KubeConfig, { kubeconfig: await kubeconfig("e2", { user: user("no") }) });
    await expect(fails.access()).rejects.toMatchObject({
      code: "cluster.forbidden",
      message: expect.stringContaining("log in first"),
    });
  });
});
