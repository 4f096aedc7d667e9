import { buildRights } from "@berth/builders";
import { neededRights } from "@berth/runtimes";
import { choose, type Asked } from "../choose.ts";
import { makeInstallObjects } from "../make-objects.ts";
import { makePlan } from "../make-plan.ts";

const image = `registry.example.com/team/berth@sha256:${"0123456789abcdef".repeat(4)}`;
const nothing = {
  isInstalled: false,
  chosen: null,
  routerToken: null,
  settings: null,
  registryConfig: null,
  routers: null,
};

interface Sample {
  asked: Asked;
  settings?: Record<string, string>;
  registryConfig?: string;
}

/** What a person may ask for, by the name of its snapshot. */
export const samples: Readonly<Record<string, Sample>> = {
  "node-port": { asked: {} },
  ingress: { asked: { ingress: "apps.example.org", ingressClass: "nginx" } },
  gateway: { asked: { ingress: "apps.example.org", gateway: "edge/public" } },
  registry: {
    asked: {
      registry: "registry.example.com/team",
      domain: "apps.example.org",
      nodePort: "31000",
      storageClass: "fast",
    },
    settings: { BERTH_LOG: "info", BERTH_PULL_LOGIN: "reader:secret" },
    registryConfig: '{"auths":{}}',
  },
};

/** The objects of a sample, in a namespace of this name. */
export function objectsOf({ asked, settings, registryConfig }: Sample, namespace = "berth-system") {
  const chosen = choose({ ...asked, image }, null);
  const given = {
    namespace,
    chosen,
    settings: settings ?? null,
    registryConfig: registryConfig ?? null,
    drawnToken: "drawn-once-and-kept-on-each-later-installation",
  };
  return makeInstallObjects(makePlan(given, nothing), JSON.stringify(chosen), [...neededRights, ...buildRights]);
}
