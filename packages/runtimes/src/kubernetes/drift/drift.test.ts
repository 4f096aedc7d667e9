import type { KubeObject, ManagedFields } from "@berth/cluster";
import { describe, expect, it } from "vitest";
import { makeRemoval, needsReplacement } from "./correction.ts";
import { describeDrift } from "./describe-drift.ts";
import { findDrift } from "./find-drift.ts";
import { isSameQuantity } from "./quantity.ts";

const ours = new Set(["berth-deployer", "berth-autoscaler"]);
const time = "2026-11-29T10:00:00Z";

interface Workload extends KubeObject {
  spec: { template: { spec: Record<string, unknown> }; [name: string]: unknown };
}

const container = {
  name: "app",
  image: "shop@sha256:aa",
  command: ["node", "server.js"],
  ports: [{ name: "http", containerPort: 8080 }],
  env: [{ name: "PORT", value: "8080" }],
  resources: { requests: { cpu: "1000m", memory: "512Mi" } },
};

const desired: Workload = {
  apiVersion: "apps/v1",
  kind: "Deployment",
  metadata: { name: "web", namespace: "shop", labels: { "dev.berth/app": "shop" } },
  spec: {
    selector: { matchLabels: { app: "web" } },
    template: { spec: { containers: [container], volumes: [] } },
  },
};

const path = { container: 'k:{"name":"app"}', port: 'k:{"containerPort":8080,"protocol":"TCP"}' };

/** As the API server keeps it: with defaults, quantities in its own way, and who has set what. */
function live(change: (object: Workload) => void = () => {}, ...others: ManagedFields[]): Workload {
  const object = structuredClone(desired);
  object.metadata = { ...object.metadata, uid: "u1", resourceVersion: "7", annotations: {} };
  object.metadata.annotations!["deployment.kubernetes.io/revision"] = "1";
  object.spec["replicas"] = 2;
  const pod = object.spec.template.spec as { containers: Record<string, unknown>[]; [name: string]: unknown };
  delete pod["volumes"];
  pod["dnsPolicy"] = "ClusterFirst";
  Object.assign(pod.containers[0]!, {
    terminationMessagePath: "/dev/termination-log",
    ports: [{ name: "http", containerPort: 8080, protocol: "TCP" }],
    resources: { requests: { cpu: "1", memory: "512Mi" } },
  });
  object.metadata.managedFields = [
    {
      manager: "berth-deployer",
      operation: "Apply",
      time,
      fieldsV1: tree("f:spec", {
        "f:selector": {},
        ...tree("f:template", "f:spec", "f:containers", path.container, { ".": {}, "f:image": {}, "f:command": {} }),
      }),
    },
    {
      manager: "kube-controller-manager",
      operation: "Update",
      time,
      fieldsV1: tree("f:metadata", "f:annotations", { "f:deployment.kubernetes.io/revision": {} }),
    },
    {
      manager: "kubectl",
      operation: "Update",
      subresource: "scale",
      time,
      fieldsV1: tree("f:spec", { "f:replicas": {} }),
    },
    ...others,
  ];
  change(object);
  return object;
}

function tree(...names: [...string[], object]): Record<string, unknown> {
  const [last, ...before] = names.toReversed() as [object, ...string[]];
  return before.reduce<object>((below, name) => ({ [name]: below }), last) as Record<string, unknown>;
}

function byHand(fieldsV1: Record<string, unknown>, manager = "kubectl-edit"): ManagedFields {
  return { manager, operation: "Update", time, fieldsV1 };
}

const inPod = (below: object) => tree("f:spec", "f:template", "f:spec", below);
const inContainer = (below: object) => inPod(tree("f:containers", path.container, below));
const podOf = (object: Workload) => object.spec.template.spec as { containers: Record<string, unknown>[] };
const appOf = (object: Workload) => podOf(object).containers[0]!;
/** As people are told of it; what of it can be adopted has tests of its own. */
const drift = (object: KubeObject, from: KubeObject = desired) =>
  describeDrift(object, findDrift(from, object, ours)).map(({ path: at, desired: made, found, manager, setAt }) => ({
    path: at,
    desired: made,
    found,
    manager,
    setAt,
  }));

describe("an object that nobody has changed", () => {
  it("has no drift: defaults, quantities, revisions and the number of instances are no other's", () => {
    expect(drift(live())).toEqual([]);
  });

  it.each([
    ["status", byHand(tree("f:status", { "f:replicas": {} }))],
    ["notes of tools", byHand(tree("f:metadata", "f:annotations", { "f:deployment.kubernetes.io/revision": {} }))],
    ["what an autoscaler sets", { ...byHand(tree("f:spec", { "f:replicas": {} }), "kube-controller-manager") }],
    ["a field that is no longer there", byHand(inContainer({ "f:tty": {} }))],
    ["what a controller adds", byHand(inContainer({ "f:terminationMessagePath": {} }), "kube-controller-manager")],
  ])("nor is %s", (_, entry) => {
    expect(drift(live(() => {}, entry))).toEqual([]);
  });
});

describe("an object that somebody has changed", () => {
  it.each<[string, (object: Workload) => void, Record<string, unknown>, object]>([
    [
      "another image",
      (object) => (appOf(object)["image"] = "other"),
      inContainer({ "f:image": {} }),
      { path: "spec.template.spec.containers[app].image", desired: "shop@sha256:aa", found: "other" },
    ],
    [
      "another request, by its value",
      (object) => (appOf(object)["resources"] = { requests: { cpu: "1", memory: "1Gi" } }),
      inContainer(tree("f:resources", "f:requests", { "f:memory": {} })),
      { path: "spec.template.spec.containers[app].resources.requests.memory", desired: "512Mi", found: "1Gi" },
    ],
    [
      "a container more",
      (object) => podOf(object).containers.unshift({ name: "debug", image: "busybox" }),
      inPod(tree("f:containers", 'k:{"name":"debug"}', { ".": {}, "f:name": {}, "f:image": {} })),
      { path: "spec.template.spec.containers[debug]", desired: null, found: '{"name":"debug","image":"busybox"}' },
    ],
    [
      "a variable more",
      (object) => (appOf(object)["env"] = [{ name: "DEBUG", value: "1" }, ...container.env]),
      inContainer(tree("f:env", 'k:{"name":"DEBUG"}', { ".": {}, "f:name": {}, "f:value": {} })),
      { path: "spec.template.spec.containers[app].env[DEBUG]", desired: null, found: '{"name":"DEBUG","value":"1"}' },
    ],
    [
      "a label more",
      (object) => (object.metadata.labels!["team/owner"] = "me"),
      tree("f:metadata", "f:labels", { "f:team/owner": {} }),
      { path: 'metadata.labels["team/owner"]', desired: null, found: "me" },
    ],
    [
      "a member more, which has a default",
      (object) => ((podOf(object) as Record<string, unknown>)["dnsPolicy"] = "Default"),
      inPod({ "f:dnsPolicy": {} }),
      { path: "spec.template.spec.dnsPolicy", desired: null, found: "Default" },
    ],
    [
      "another word in a list that is one value",
      (object) => (appOf(object)["command"] = ["node", "other.js"]),
      inContainer({ "f:command": {} }),
      {
        path: "spec.template.spec.containers[app].command",
        desired: '["node","server.js"]',
        found: '["node","other.js"]',
      },
    ],
  ])("tells of %s, with who and when", (_, change, fields, expected) => {
    expect(drift(live(change, byHand(fields)))).toEqual([
      { ...expected, manager: "kubectl-edit", setAt: Date.parse(time) },
    ]);
  });

  it("tells of what is gone, though nobody owns it", () => {
    const gone = live((object) => delete object.metadata.labels!["dev.berth/app"]);
    expect(drift(gone)).toEqual([
      { path: 'metadata.labels["dev.berth/app"]', desired: "shop", found: null, manager: null, setAt: null },
    ]);
  });

  it("tells of a member more in a map that is one value, by its owner", () => {
    const object = live(
      (object) => (object.spec["selector"] = { matchLabels: { app: "web", more: "1" } }),
      byHand(tree("f:spec", { "f:selector": {} })),
    );
    const [entry] = object.metadata.managedFields!;
    delete (entry!.fieldsV1!["f:spec"] as Record<string, unknown>)["f:selector"];
    expect(drift(object)).toMatchObject([{ path: "spec.selector", manager: "kubectl-edit" }]);
  });

  it("names the last of those who have set a field, and none of Berth's own managers", () => {
    const changed = inContainer({ "f:image": {} });
    const object = live(
      (object) => (appOf(object)["image"] = "other"),
      { ...byHand(changed, "berth-deployer"), time: "2026-11-29T12:00:00Z" },
      byHand(changed, "early"),
      { ...byHand(changed, "late"), time: "2026-11-29T11:00:00Z" },
    );
    expect(drift(object)).toMatchObject([{ manager: "late", setAt: Date.parse("2026-11-29T11:00:00Z") }]);
  });

  it("tells nobody what a Secret holds", () => {
    const secret = { apiVersion: "v1", kind: "Secret", metadata: { name: "web" }, data: { TOKEN: "YQ==" } };
    expect(drift({ ...secret, data: { TOKEN: "Yg==" } } as KubeObject, secret)).toMatchObject([
      { path: "data.TOKEN", desired: "(hidden)", found: "(hidden)" },
    ]);
  });
});

describe("putting it back", () => {
  it("takes out what was added, from the end of each list, of this version alone, and forgets who added it", () => {
    const added = inContainer(tree("f:env", { 'k:{"name":"A"}': { ".": {} }, 'k:{"name":"B"}': { ".": {} } }));
    const object = live(
      (object) => {
        appOf(object)["env"] = [{ name: "A" }, ...container.env, { name: "B" }];
        object.metadata.labels!["a/b~c"] = "1";
      },
      byHand({ ...added, ...tree("f:metadata", "f:labels", { "f:a/b~c": {} }) }),
    );
    const patch = makeRemoval(object, findDrift(desired, object, ours), ours);
    const env = "/spec/template/spec/containers/0/env";
    expect(patch?.slice(0, -1)).toEqual([
      { op: "replace", path: "/metadata/resourceVersion", value: "7" },
      { op: "remove", path: `${env}/2` },
      { op: "remove", path: `${env}/0` },
      { op: "remove", path: "/metadata/labels/a~1b~0c" },
    ]);
    expect(patch?.at(-1)).toMatchObject({
      path: "/metadata/managedFields",
      value: [{ manager: "berth-deployer" }, { manager: "kube-controller-manager" }, { manager: "kubectl" }],
    });
  });

  it("needs no patch for what an apply sets back", () => {
    const object = live((object) => (appOf(object)["image"] = "other"), byHand(inContainer({ "f:image": {} })));
    expect(makeRemoval(object, findDrift(desired, object, ours), ours)).toBeNull();
  });

  it("needs another object where a Secret cannot be changed", () => {
    const secret = {
      apiVersion: "v1",
      kind: "Secret",
      metadata: { name: "web" },
      immutable: true,
      data: { A: "YQ==" },
    };
    const other = { ...secret, data: { A: "Yg==" } };
    expect(needsReplacement(other, findDrift(secret, other, ours))).toBe(true);
    const relabelled = { ...secret, metadata: { name: "web", labels: {} } };
    const labelled = { ...secret, metadata: { name: "web", labels: { a: "b" } } };
    expect(needsReplacement(relabelled, findDrift(labelled, relabelled, ours))).toBe(false);
  });
});

it.each([
  ["1000m", "1", true],
  ["1Gi", "1024Mi", true],
  ["1", 1, true],
  ["1e3", "1k", true],
  ["512Mi", "512M", false],
  ["", "0", false],
])("a quantity of %s and one of %s: the same is %s", (a, b, isSame) => {
  expect(isSameQuantity(a, b)).toBe(isSame);
});
