import { bytesQuantity, confined, cpuQuantity, podSecurity } from "@berth/cluster";
import type { Made, Wire } from "@berth/cluster";
import type { V1Container, V1Job, V1PodSpec, V1Volume, V1VolumeMount } from "@kubernetes/client-node";
import { copyScripts } from "../../build/tools/copy-scripts.ts";
import { deadlineSeconds, keptSeconds, ownLimits, stepLimits } from "../deps.ts";
import type { BuildPlace } from "../deps.ts";
import { container, copyName, fixedName, label } from "../names.ts";
import { cacheFolders, layout } from "../pod/layout.ts";
import { loopScript } from "../pod/loop.ts";
import { ofApp } from "./metadata.ts";

/** A build as its Job shows it: nothing in here is a secret, nor a variable of the app. */
export interface JobModel {
  app: string;
  service: string;
  /** Of the Job, and of the Secret with its token. */
  name: string;
  /** The image that steps run in, as nodes pull it. */
  buildImage: string;
  /** Berth's own. */
  berthImage: string;
  /** Tools that are copied out of other images before, and where to. */
  copies: readonly { tool: string; image: string; folder: string }[];
  /** Folders at the root of the steps' container that settings of package managers lie in. */
  aboveFolders: readonly string[];
  /** Of the claim; null: caches end with the build. */
  cacheClaim: string | null;
}

type Mount = Wire<V1VolumeMount>;

const promisedDiskBytes = 2 ** 30;
/** Nobody's account: who runs an app runs its build. */
const user = 1000;
const program = ["node", "--disable-warning=ExperimentalWarning", "/app/apps/server/src/build-in-pod.ts"];

export function makeJob(model: JobModel, place: BuildPlace): Made<V1Job> {
  const labels = { ...ofApp(place, model.app), [label.service]: model.service, [label.build]: model.name };
  return {
    apiVersion: "batch/v1",
    kind: "Job",
    metadata: { name: model.name, namespace: place.namespace, labels },
    spec: {
      backoffLimit: 0,
      completions: 1,
      parallelism: 1,
      activeDeadlineSeconds: deadlineSeconds,
      ttlSecondsAfterFinished: keptSeconds,
      template: { metadata: { labels }, spec: makePodSpec(model, place) },
    },
  };
}

function makePodSpec(model: JobModel, place: BuildPlace): Wire<V1PodSpec> {
  return {
    restartPolicy: "Never",
    nodeSelector: { "kubernetes.io/os": place.platform.os, "kubernetes.io/arch": place.platform.architecture },
    automountServiceAccountToken: false,
    enableServiceLinks: false,
    // What is to be ended is of no use any more.
    terminationGracePeriodSeconds: 1,
    ...(place.pull !== null && { imagePullSecrets: [{ name: fixedName.pullLogin }] }),
    securityContext: podSecurity(user, user, { ownsVolumes: true }),
    initContainers: model.copies.map(makeCopyContainer),
    containers: [makeStepsContainer(model), makeOwnContainer(model)],
    volumes: makeVolumes(model),
  };
}

function makeStepsContainer({ buildImage, aboveFolders }: JobModel): Wire<V1Container> {
  const { steps } = layout;
  return {
    name: container.steps,
    image: buildImage,
    command: ["sh", "-c", loopScript],
    workingDir: steps.app,
    securityContext: confined,
    resources: limits(stepLimits, stepLimits.diskBytes),
    volumeMounts: [
      mount("app", steps.app),
      mount("home", steps.home, "home"),
      mount("home", steps.tmp, "tmp"),
      mount("control", steps.control),
      mount("cache", steps.cache, cacheFolders.packages),
      mount("cache", steps.tools, cacheFolders.tools),
      ...aboveFolders.map((folder) => mount("home", `/${folder}`, `above/${folder}`)),
    ],
  };
}

function makeOwnContainer({ berthImage }: JobModel): Wire<V1Container> {
  const { berth } = layout;
  return {
    name: container.berth,
    image: berthImage,
    command: program,
    env: [{ name: "NODE_COMPILE_CACHE", value: `${berth.cache}/${cacheFolders.compiled}` }],
    securityContext: confined,
    resources: limits(ownLimits),
    volumeMounts: [
      mount("app", berth.app),
      mount("home", berth.home, "home"),
      mount("home", berth.above, "above"),
      mount("home", berth.tmp, "own-tmp"),
      mount("control", berth.control),
      mount("cache", berth.cache),
      { ...mount("channel", berth.channel), readOnly: true },
    ],
  };
}

function makeCopyContainer({ tool, image, folder }: JobModel["copies"][number]): Wire<V1Container> {
  return {
    name: copyName(tool),
    image,
    command: ["sh", "-c", copyScripts[tool] ?? "exit 1", "sh", folder],
    securityContext: confined,
    resources: limits(ownLimits),
    volumeMounts: [mount("cache", layout.steps.tools, cacheFolders.tools), mount("home", "/tmp", "tmp")],
  };
}

function makeVolumes({ name, cacheClaim }: JobModel): Wire<V1Volume>[] {
  const size = bytesQuantity(stepLimits.diskBytes);
  return [
    { name: "app", emptyDir: { sizeLimit: size } },
    { name: "home", emptyDir: { sizeLimit: size } },
    // Values of secrets are in it on their way to a step: they never reach a disk.
    { name: "control", emptyDir: { medium: "Memory", sizeLimit: "16Mi" } },
    {
      name: "cache",
      ...(cacheClaim === null
        ? { emptyDir: { sizeLimit: size } }
        : { persistentVolumeClaim: { claimName: cacheClaim } }),
    },
    { name: "channel", secret: { secretName: name, defaultMode: 0o440 } },
  ];
}

function limits(
  { cpuMillis, memoryBytes, mostMemoryBytes }: typeof ownLimits,
  diskBytes = 0,
): Wire<V1Container>["resources"] {
  return {
    requests: {
      cpu: cpuQuantity(cpuMillis),
      memory: bytesQuantity(memoryBytes),
      // Left out, it would be as much as the limit.
      ...(diskBytes > 0 && { "ephemeral-storage": bytesQuantity(promisedDiskBytes) }),
    },
    limits: {
      memory: bytesQuantity(mostMemoryBytes),
      ...(diskBytes > 0 && { "ephemeral-storage": bytesQuantity(diskBytes) }),
    },
  };
}

function mount(name: string, mountPath: string, subPath?: string): Mount {
  return { name, mountPath, ...(subPath !== undefined && { subPath }) };
}
