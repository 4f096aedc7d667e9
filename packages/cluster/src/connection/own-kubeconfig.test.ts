import { describe, expect, it } from "vitest";
import { makeOwnKubeconfig } from "./own-kubeconfig.ts";

function makeConfig(user: object, cluster: object = {}, current: string | undefined = "eu") {
  return JSON.stringify({
    "current-context": current,
    contexts: [
      { name: "eu", context: { cluster: "a", user: "ada", namespace: "berth" } },
      { name: "us", context: { cluster: "b", user: "bob" } },
    ],
    clusters: [
      { name: "a", cluster: { server: "https://10.0.0.1:6443", ...cluster } },
      { name: "b", cluster: { server: "https://10.0.0.2:6443" } },
    ],
    users: [
      { name: "ada", user },
      { name: "bob", user: { token: "bob's" } },
    ],
  });
}

describe("a kubeconfig to be kept", () => {
  it("is left what its context needs, and nothing else", () => {
    const own = makeOwnKubeconfig(makeConfig({ token: "secret" }), null);
    expect(JSON.parse(own)).toMatchObject({
      "current-context": "eu",
      contexts: [{ name: "eu", context: { namespace: "berth" } }],
      clusters: [{ cluster: { server: "https://10.0.0.1:6443" } }],
      users: [{ user: { token: "secret" } }],
    });
    expect(own).not.toContain("bob");
    expect(makeOwnKubeconfig(makeConfig({}), "us")).toContain("bob's");
  });

  it("is left no field that a client might take for a file or a program", () => {
    const own = makeOwnKubeconfig(makeConfig({ token: "secret", tokenPath: "/x" }, { "ca-file": "/x" }), null);
    expect(JSON.parse(own)).toMatchObject({
      clusters: [{ cluster: { server: "https://10.0.0.1:6443" } }],
      users: [{ user: { token: "secret" } }],
    });
    expect(own).not.toContain("/x");
  });

  it.each([
    [{ tokenFile: "/var/run/token" }, {}, "names a file (tokenFile)"],
    [{ "token-file": "/etc/shadow" }, {}, "names a file (token-file)"],
    [{ "client-key": "key.pem" }, {}, "names a file (client-key)"],
    [{}, { "certificate-authority": "ca.pem" }, "names a file (certificate-authority)"],
    [{ exec: { command: "sh" } }, {}, "names a program that gives credentials (exec)"],
    [{ "auth-provider": { name: "gcp" } }, {}, "names a program that gives credentials (auth-provider)"],
    [{}, { server: "http://10.0.0.1" }, "names no https address"],
  ])("that names what the server lacks is refused: %j %j", (user, cluster, message) => {
    expect(() => makeOwnKubeconfig(makeConfig(user, cluster), null)).toThrow(message);
  });

  it("that has no such context, or is none, is refused", () => {
    expect(() => makeOwnKubeconfig(makeConfig({}), "asia")).toThrow("has no context asia");
    expect(() => makeOwnKubeconfig(makeConfig({}, {}, ""), null)).toThrow("has no current context");
    expect(() => makeOwnKubeconfig("{ a", null)).toThrow("is no YAML");
    expect(() => makeOwnKubeconfig("hello", null)).toThrow("is none");
    expect(() =>
      makeOwnKubeconfig("current-context: eu\ncontexts: [{name: eu, context: {cluster: x, user: y}}]", null),
    ).toThrow("lacks the cluster");
  });
});
