import { describe, expect, it } from "vitest";
import { adoptionsOf } from "./adoption.ts";
import { commandOf } from "./command-of.ts";
import type { LiveDrift } from "./find-drift.ts";
import { field, type Path, type Step } from "./path.ts";

const item = (key: Record<string, unknown>): Step => ({ kind: "item", key });
const inPod = (...steps: Step[]): Path => [field("spec"), field("template"), field("spec"), ...steps];
const inContainer = (...steps: Step[]) => inPod(field("containers"), item({ name: "app" }), ...steps);
const drift = (path: Path, found: unknown, desired: unknown = undefined): LiveDrift => ({
  path,
  desired,
  found,
  owner: null,
});
const adopted = (kind: string, ...all: LiveDrift[]) =>
  adoptionsOf({ kind }, all).map((adoption) => ("change" in adoption ? adoption.change : adoption.refusal));
const of = (path: Path, found: unknown) => adopted("Deployment", drift(path, found))[0];

describe("a change by hand that berth.yaml has words for", () => {
  it.each<[string, Path, unknown, object]>([
    ["a number of instances", [field("spec"), field("replicas")], 5, { kind: "instances", count: 5 }],
    [
      "a variable more",
      inContainer(field("env"), item({ name: "DEBUG" })),
      { name: "DEBUG", value: "1" },
      { kind: "variables", env: { DEBUG: "1" } },
    ],
    [
      "an empty variable",
      inContainer(field("env"), item({ name: "DEBUG" })),
      { name: "DEBUG" },
      { kind: "variables", env: { DEBUG: "" } },
    ],
    [
      "another value",
      inContainer(field("env"), item({ name: "HOME" }), field("value")),
      "/app",
      { kind: "variables", env: { HOME: "/app" } },
    ],
    [
      "variables where there were none",
      inContainer(field("env")),
      [{ name: "A", value: "1" }, { name: "B" }],
      { kind: "variables", env: { A: "1", B: "" } },
    ],
    [
      "a request of processor",
      inContainer(field("resources"), field("requests"), field("cpu")),
      "1500m",
      { kind: "resources", cpuMillis: 1_500 },
    ],
    [
      "a limit of memory",
      inContainer(field("resources"), field("limits"), field("memory")),
      "64Mi",
      { kind: "resources", memoryBytes: 64 * 2 ** 20 },
    ],
    [
      "a command",
      inContainer(field("command")),
      ["node", "a.js", "--level=$(LEVEL)"],
      { kind: "command", command: { argv: ["node", "a.js", "--level=${LEVEL}"] } },
    ],
    [
      "the path of a probe",
      inContainer(field("readinessProbe"), field("httpGet"), field("path")),
      "/healthz",
      { kind: "health", path: "/healthz" },
    ],
  ])("%s", (_, path, found, change) => {
    expect(of(path, found)).toEqual(change);
  });

  it("is memory where request and limit are the same, and not where only the request is another", () => {
    const request = drift(inContainer(field("resources"), field("requests"), field("memory")), "1Gi");
    const limit = drift(inContainer(field("resources"), field("limits"), field("memory")), "1024Mi");
    const memory = { kind: "resources", memoryBytes: 2 ** 30 };
    expect(adopted("Deployment", request, limit)).toEqual([memory, memory]);
    expect(adopted("Deployment", request)[0]).toMatch(/one figure/);
  });

  it("is bounds of an autoscaler, and a variable that was taken out of the Secret", () => {
    const bounds = ["minReplicas", "maxReplicas"].map((name, index) => drift([field("spec"), field(name)], index + 2));
    expect(adopted("HorizontalPodAutoscaler", ...bounds)).toEqual([
      { kind: "scale", min: 2 },
      { kind: "scale", max: 3 },
    ]);
    const data = (name: string, found: unknown) => drift([field("data"), field(name)], found, "aGk=");
    expect(adopted("Secret", data("LEVEL", undefined))).toEqual([{ kind: "variables", env: { LEVEL: null } }]);
    expect(adopted("Secret", data("LEVEL", "c2VjcmV0"))[0]).toMatch(/neither shown nor kept/);
  });
});

describe("a change by hand that berth.yaml has no words for", () => {
  it.each<[string, Path, unknown, RegExp]>([
    ["a label", [field("metadata"), field("labels"), field("team")], "me", /labels/],
    ["an image", inContainer(field("image")), "nginx", /built from source/],
    ["a sidecar", inPod(field("containers"), item({ name: "debug" })), { name: "debug" }, /one container/],
    ["security", inContainer(field("securityContext"), field("privileged")), true, /restricted/],
    ["a volume", inPod(field("volumes"), item({ name: "data" })), { name: "data" }, /writable/],
    ["a limit of processor", inContainer(field("resources"), field("limits"), field("cpu")), "1", /throttle/],
    ["where it listens", inContainer(field("env"), item({ name: "PORT" }), field("value")), "1", /Berth's own/],
    [
      "a reference",
      inContainer(field("env"), item({ name: "A" })),
      { name: "A", valueFrom: { secretKeyRef: {} } },
      /no references/,
    ],
    ["a name", inContainer(field("env"), item({ name: "A.B" })), { name: "A.B", value: "1" }, /letters, digits/],
    ["a value of others", inContainer(field("env"), item({ name: "A" }), field("value")), "$(B)-1", /other variables/],
    ["too many instances", [field("spec"), field("replicas")], 5_000, /up to 1000/],
    ["too little memory", inContainer(field("resources"), field("limits"), field("memory")), "1Mi", /from 4Mi/],
    [
      "a query of a probe",
      inContainer(field("readinessProbe"), field("httpGet"), field("path")),
      "/health?deep=1",
      /nothing that says it|only the path/,
    ],
    ["the time of a probe", inContainer(field("startupProbe"), field("failureThreshold")), 300, /timeout/],
    ["a command with a dollar", inContainer(field("command")), ["node", "$$HOME"], /cannot say/],
    ["what nobody has thought of", inPod(field("hostNetwork")), true, /nothing that says it/],
    ["that it is gone", [], undefined, /take the service out/],
  ])("%s is refused with why", (_, path, found, why) => {
    expect(of(path, found)).toMatch(why);
  });

  it("is all of the environment's own", () => {
    expect(adopted("NetworkPolicy", drift([field("spec"), field("ingress")], [{}]))[0]).toMatch(/nothing that says it/);
    expect(adopted("NetworkPolicy", drift([], undefined))[0]).toMatch(/nothing that says it/);
  });
});

it("reads a shell's text as it was written", () => {
  expect(commandOf(["sh", "-c", "echo $$HOME && node a.js"])).toEqual({ shell: "echo $HOME && node a.js" });
  expect(commandOf(["sh", "-c", "echo $(HOME)"])).toBeNull();
});
