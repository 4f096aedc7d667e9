import { makeWorkload, type HealthCheck, type Scale, type ServiceSpec } from "@berth/core";
import type { KubeObject } from "@berth/cluster";
import { makeEnvironmentObjects, makeWorkloadObjects } from "../managed.ts";
import type { ClusterPlace, EnvironmentModel, PortableModel, WorkloadModel } from "../model.ts";
import { makeAutoscaler, scalesByCpu } from "../objects/autoscaler.ts";

const key = Buffer.from("key");
export const digest = `sha256:${"5".repeat(64)}` as const;
const scale: Scale = { min: 1, max: 1, idleMs: 300_000 };

export const insidePlace: ClusterPlace = {
  installation: "i1",
  namespacePrefix: "berth-",
  routers: {
    kind: "inside",
    namespace: "berth-system",
    labels: { "app.kubernetes.io/name": "berth", "app.kubernetes.io/component": "router" },
    server: {
      kind: "inside",
      namespace: "berth-system",
      labels: { "app.kubernetes.io/name": "berth", "app.kubernetes.io/component": "server" },
    },
    addresses: ["10.244.0.8", "10.244.0.7"],
    publicPorts: [4000],
  },
  clusterRanges: ["10.244.0.0/16", "10.96.0.0/16", "198.18.0.0/24", "fd12::/48"],
  dnsAddresses: ["169.254.20.10"],
  pull: null,
  quota: { pods: 40, cpuMillis: 8_000, memoryBytes: 16 * 2 ** 30 },
};

export const outsidePlace: ClusterPlace = {
  ...insidePlace,
  routers: { kind: "outside", addresses: ["198.51.100.4", "2001:db8::4"], publicPorts: [80, 443] },
};

export const loginPlace: ClusterPlace = {
  ...insidePlace,
  pull: { registry: "registry.example.org:5000", username: "nodes", password: "for reading" },
};

export interface SampleService extends Partial<Omit<ServiceSpec, "health">> {
  app?: string;
  environment?: string;
  /** Null: a worker. */
  health?: HealthCheck | null;
  model?: Partial<WorkloadModel>;
  neighbours?: Record<string, string>;
}

/** A workload as a release makes it: one that listens, unless it is said to be a worker. */
export function makeSample(sample: SampleService = {}): WorkloadModel {
  const { app = "shop", environment = "production", health, model, neighbours = {}, ...spec } = sample;
  const listens = health !== null;
  const workload = makeWorkload(
    {
      image: digest,
      spec: {
        name: "web",
        source: ".",
        command: { argv: ["node", "server.js"] },
        routes: ["/"],
        listens,
        health: health ?? { path: "/healthz", timeoutMs: 30_000 },
        scale,
        resources: { cpuMillis: 250, memoryBytes: 512 * 2 ** 20 },
        env: { LOG_LEVEL: "info" },
        stopGraceMs: 10_000,
        ...spec,
      },
    },
    { app, environment, cluster: null, neighbours },
    key,
  );
  return {
    workload,
    image: `localhost:5055/berth/${app}@${digest}`,
    os: "linux",
    architecture: "amd64",
    user: 1_000,
    group: 1_000,
    imageEnv: { PATH: "/usr/local/bin:/usr/bin:/bin" },
    writable: [],
    workingFolder: "/app",
    port: listens ? 8_080 : null,
    release: 12,
    ...model,
  };
}

export const neighbours = { web: "http://web", api: "http://api" };

export interface Sample {
  place: ClusterPlace;
  environment: EnvironmentModel;
  services: readonly (WorkloadModel & { routes: readonly string[]; scale: Scale })[];
}

const shop = { app: "shop", environment: "production" };
const api = makeSample({
  name: "api",
  routes: ["/api"],
  command: { argv: ["node", "api.js", "--level=$LOG_LEVEL"] },
  neighbours,
});
const web = makeSample({ neighbours, health: { path: "/", timeoutMs: 30_000 } });
const worker = makeSample({
  name: "worker",
  health: null,
  routes: [],
  command: { shell: "node worker.js $(hostname) && echo $LOG_LEVEL" },
});
const nightly = makeSample({
  name: "nightly",
  health: null,
  routes: [],
  command: { argv: ["node", "report.js"] },
  cron: {
    schedule: "0 3 * * mon-fri",
    timezone: "Europe/Berlin",
    overlap: "replace",
    timeoutMs: 3_600_000,
    catchUpMs: 21_600_000,
    inPreviews: false,
  },
});
const long = { app: "a-shop-with-quite-a-long-name", environment: "a-branch-with-quite-a-long-name" };

/** What the snapshots show, by the name of their file. */
export const samples: Record<string, Sample> = {
  web: { place: insidePlace, environment: { scope: shop, neighbourPorts: {} }, services: [served(makeSample())] },
  "several-services": {
    place: insidePlace,
    environment: { scope: shop, neighbourPorts: { web: 30_001, api: 30_002 } },
    services: [served(web, ["/"], { min: 2, max: 2 }), served(api, ["/api/v2", "/api"]), served(worker, [])],
  },
  worker: { place: insidePlace, environment: { scope: shop, neighbourPorts: {} }, services: [served(worker, [])] },
  cron: {
    place: insidePlace,
    environment: { scope: shop, neighbourPorts: {} },
    services: [served(makeSample()), served(nightly, [], { min: 0, max: 0 })],
  },
  "cpu-scale": {
    place: insidePlace,
    environment: { scope: shop, neighbourPorts: {} },
    services: [served(makeSample(), ["/"], { min: 2, max: 10, cpuPercent: 70 })],
  },
  "writable-folders": {
    place: insidePlace,
    environment: { scope: shop, neighbourPorts: {} },
    services: [
      served(
        makeSample({
          model: {
            writable: [
              { path: "/app/storage", hasContent: true },
              { path: "/app/storage/logs", hasContent: false },
              { path: "/app/.cache", hasContent: false },
              { path: "/tmp", hasContent: false },
            ],
          },
        }),
      ),
    ],
  },
  "long-name": {
    place: insidePlace,
    environment: { scope: long, neighbourPorts: { "a-service-with-quite-a-long-na": 30_001 } },
    services: [served(makeSample({ ...long, name: "a-service-with-quite-a-long-na" }))],
  },
  "pull-login": {
    place: loginPlace,
    environment: { scope: shop, neighbourPorts: {} },
    services: [served(makeSample())],
  },
  "routers-outside": {
    place: outsidePlace,
    environment: { scope: shop, neighbourPorts: { web: 30_001, api: 30_002 } },
    services: [served(web), served(api, ["/api"])],
  },
};

/** All that an environment and its live release consist of. */
export function managedOf({ environment, services, place }: Sample): KubeObject[] {
  return [
    ...makeEnvironmentObjects(environment, place),
    // What has a schedule is nothing between its runs, and each of those is a Job.
    ...services
      .filter(({ workload }) => workload.kind === "service")
      .flatMap((service) => [
        ...makeWorkloadObjects(service, place),
        ...(scalesByCpu(service.scale) ? [makeAutoscaler(service, service.scale, place)] : []),
      ]),
  ];
}

export function portableOf({ environment, services }: Sample): PortableModel {
  return { scope: environment.scope, host: "shop.example.org", ingressClass: null, services };
}

function served(model: WorkloadModel, routes: readonly string[] = ["/"], range: Partial<Scale> = {}) {
  return { ...model, routes, scale: { ...scale, ...range } };
}
