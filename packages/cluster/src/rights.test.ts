import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import type { Cluster } from "./cluster.ts";
import { refOf } from "./object.ts";
import type { KubeObject } from "./object.ts";
import { openCluster } from "./open-cluster.ts";
import { makeToken, writeKubeconfigFor } from "./testing/account.ts";
import { configMap, describeWithCluster, makeNamespace, openTestCluster, systemDeps } from "./testing/cluster.ts";

await describeWithCluster("an account with few rights", () => {
  let admin: Cluster;
  let cluster: Cluster;
  let folder: string;
  let kubeconfig: string;
  let token: string;
  let namespace: Awaited<ReturnType<typeof makeNamespace>>;

  beforeAll(async () => {
    admin = await openTestCluster();
    namespace = await makeNamespace(admin);
    folder = await mkdtemp(join(tmpdir(), "berth-rights-"));
    await admin.create(object("v1", "ServiceAccount", {}));
    const rules = [{ apiGroups: [""], resources: ["configmaps"], verbs: ["get"] }];
    await admin.create(object("rbac.authorization.k8s.io/v1", "Role", { rules }));
    await admin.create(
      object("rbac.authorization.k8s.io/v1", "RoleBinding", {
        subjects: [{ kind: "ServiceAccount", name: "few", namespace: namespace.name }],
        roleRef: { apiGroup: "rbac.authorization.k8s.io", kind: "Role", name: "few" },
      }),
    );
    token = await makeToken(admin, namespace.name, "few");
    await writeFile(join(folder, "token"), token);
    kubeconfig = await writeKubeconfigFor(join(folder, "token"));
    cluster = await openCluster({ kubeconfig, deps: systemDeps });
  });
  afterAll(async () => {
    await cluster.close();
    await namespace.remove();
    await admin.close();
    await rm(folder, { recursive: true, force: true });
  });

  function object(apiVersion: string, kind: string, rest: object): KubeObject {
    return { apiVersion, kind, metadata: { name: "few", namespace: namespace.name }, ...rest };
  }

  it("is told which right it lacks, with verb, resource and namespace", async () => {
    expect(await cluster.get(refOf(configMap(namespace.name, "none")))).toBeNull();
    await expect(cluster.apply(configMap(namespace.name, "x"), { manager: "test" })).rejects.toMatchObject({
      code: "cluster.forbidden",
      message: `Berth may not patch configmaps in namespace ${namespace.name}.`,
    });
    await expect(cluster.list({ apiVersion: "v1", kind: "Node" })).rejects.toMatchObject({
      message: "Berth may not list nodes.",
    });
  });

  it("is told so by exec, too", async () => {
    const pod = { apiVersion: "v1", kind: "Pod", namespace: namespace.name, name: "none" };
    const signal = new AbortController().signal;
    await expect(cluster.exec(pod, { argv: ["true"], signal })).rejects.toMatchObject({
      code: "cluster.forbidden",
      message: expect.stringContaining("pods/exec"),
    });
  });

  it("learns which rights it lacks before it needs them", async () => {
    const right = { verb: "get", group: "", resource: "configmaps", namespace: namespace.name };
    const lacking = [
      { ...right, verb: "patch" },
      { ...right, verb: "create", resource: "pods/exec" },
      { verb: "list", group: "", resource: "nodes" },
    ];
    expect(await cluster.missingRights([right, ...lacking])).toEqual(lacking);
  });

  it("is told by an informer, which waits for the right", async () => {
    const informer = cluster.inform({ apiVersion: "v1", kind: "Secret" }, { namespace: namespace.name });
    await expect.poll(() => informer.trouble()?.code).toBe("cluster.forbidden");
    informer.close();
  });

  it("is not known with a token that has expired", async () => {
    await writeFile(join(folder, "token"), "expired");
    const late = await openCluster({ kubeconfig, deps: systemDeps }).catch((error: unknown) => error);
    expect(late).toMatchObject({ code: "cluster.forbidden", hint: expect.stringContaining("expired") });
    await writeFile(join(folder, "token"), token);
  });
});
