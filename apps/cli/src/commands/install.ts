import { readFileSync } from "node:fs";
import { resolve } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { userInfo } from "node:os";
import { personOfUser } from "@berth/core/light";
import { BerthError } from "@berth/core/errors";
import type { Context } from "../context.ts";
import { defineCommand } from "../framework/command.ts";
import { clusterOptions } from "../install/cluster-options.ts";
import { isAnswering, nextSteps } from "../install/next-steps.ts";

export const command = defineCommand({
  description:
    "Puts Berth on the cluster that kubectl means: the server with its volume, two routers, and what they need. Run it again to bring in a new image or to change an option; what is not named stays as it is, and so does all state. It ends when Berth runs, when nodes have pulled an image from where those of apps will be, and with you logged in as an owner.",
  arguments: {},
  isOfCluster: true,
  options: {
    ...clusterOptions,
    image: { about: "Berth's own image, as npm run image -- --push prints it", value: "ref" },
    domain: { about: "Below which apps are served (default localhost)", value: "domain" },
    "node-port": { about: "Requests come in, and nodes pull, at this port of nodes (default 30400)", value: "port" },
    ingress: { about: "Requests come in, and nodes pull, by an Ingress with TLS for this host", value: "host" },
    "ingress-class": { about: "Which controller serves the Ingress", value: "class" },
    "tls-secret": { about: "The Secret with its certificate (default berth-tls)", value: "name" },
    gateway: { about: "With --ingress: an HTTPRoute of this Gateway in its place", value: "namespace/name" },
    registry: { about: "Images of apps go to this registry, and nodes pull there; none: to Berth's own", value: "ref" },
    "registry-config": {
      about: "Docker's config.json with logins for it, also for Berth's image",
      value: "file",
      completes: "files",
    },
    url: { about: "Where people reach Berth, if something else stands before it", value: "url" },
    settings: { about: "Further settings of the server, as lines of NAME=value", value: "file", completes: "files" },
    "namespace-prefix": { about: "What namespaces of apps begin with (default berth-)", value: "text" },
    "storage-class": { about: "Of the server's volume (default: the cluster's)", value: "class" },
    "storage-size": { about: "Of the server's volume (default 10Gi)", value: "size" },
    "dry-run": { about: "Print the objects for kubectl apply -f, and change nothing" },
  },
  examples: [
    { line: "berth install --image registry.example.com/team/berth@sha256:…", about: "At port 30400 of each node" },
    { line: "berth install --ingress apps.example.org --image …", about: "At https://apps.example.org" },
    { line: "berth install --image …", about: "Later: bring in another version" },
    { line: "berth install --dry-run --image … > berth.yaml", about: "See what it would apply" },
  ],
  async run({ options }, context) {
    const { terminal, settings, signal } = context;
    const file = (path: string | undefined) =>
      path === undefined ? null : readText(resolve(settings.cwd, path), path);
    const [{ openNamedCluster }, { install, printInstall }, { parseSettingsFile }, { systemRandom: random }] =
      await Promise.all([
        import("../install/open-cluster.ts"),
        import("../install/install.ts"),
        import("../install/settings-file.ts"),
        import("@berth/core"),
      ]);
    const settingsText = file(options.settings);
    const request = {
      namespace: options.namespace ?? "berth-system",
      asked: {
        ...options,
        ingressClass: options["ingress-class"],
        tlsSecret: options["tls-secret"],
        nodePort: options["node-port"],
        namespacePrefix: options["namespace-prefix"],
        storageClass: options["storage-class"],
        storageSize: options["storage-size"],
      },
      settings: settingsText === null ? null : parseSettingsFile(settingsText, options.settings ?? ""),
      registryConfig: file(options["registry-config"]),
    };
    const cluster = await openNamedCluster(options.context, settings);
    try {
      const say = (line: string) => terminal.say(line);
      if (options["dry-run"]) return { text: (await printInstall(request, { cluster, random, say })).trimEnd() };
      const { plan, person, nodes, isUpgrade } = await install(request, {
        cluster,
        env: settings.env,
        clientFolder: settings.clientFolder,
        person: personOfUser(usernameOf(context)),
        random,
        say,
        now: () => context.now(),
        sleep: (ms, until) => sleep(ms, undefined, { signal: until }),
        signal,
      });
      const { url, namespace, image } = plan;
      const text = nextSteps(plan, isUpgrade, await isAnswering(url)).join("\n");
      return { json: { url, namespace, image, person, nodes }, text };
    } finally {
      await cluster.close();
    }
  },
});

function readText(path: string, shown: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch (cause) {
    throw new BerthError("input.invalid", "This file cannot be read.", { path: shown, cause });
  }
}

function usernameOf({ settings }: Context): string {
  return settings.env["USER"] || settings.env["LOGNAME"] || userInfo().username;
}
