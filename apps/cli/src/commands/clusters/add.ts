import { readFile } from "node:fs/promises";
import { BerthError } from "@berth/core/light";
import { defineCommand } from "../../framework/command.ts";
import { clusterText } from "../../views/clusters.ts";

export const command = defineCommand({
  description:
    "Connects to a cluster and keeps it where it answers and may be used. The kubeconfig goes to the server, which keeps it for itself: it must have all in it and name neither files nor programs. Needs the role owner.",
  arguments: { name: { about: "What it is to be called, such as eu", required: true } },
  options: {
    kubeconfig: { about: "The file of its kubeconfig", value: "file", completes: "files" },
    context: { about: "The context of the kubeconfig (default: its current one)", value: "name" },
    "namespace-prefix": {
      about: "What the names of its namespaces begin with (default: as the server's)",
      value: "prefix",
    },
    registry: { about: "Where its nodes fetch images (default: as the server has it)", value: "host/folder" },
    "pull-login": {
      about: "A file with name:password, for nodes to fetch from that registry",
      value: "file",
      completes: "files",
    },
    "router-addresses": { about: "At which its pods reach the server, with commas between", value: "addresses" },
    ranges: { about: "Addresses of its pods, services and nodes, with commas between", value: "ranges" },
    quota: { about: "What an environment may ask of it: pods=50,cpu=16,memory=32Gi", value: "amounts" },
  },
  examples: [
    { line: "berth clusters add eu --kubeconfig eu.yaml", about: "With the server's settings" },
    {
      line: "berth clusters add us --kubeconfig all.yaml --context us --registry registry.example.com/team",
      about: "With a registry that its nodes reach",
    },
  ],
  async run({ args, options }, context) {
    const { kubeconfig, context: name, registry, quota } = options;
    if (kubeconfig === undefined) {
      throw new BerthError("input.invalid", "Which cluster it is comes from a kubeconfig.", {
        path: "--kubeconfig",
        hint: `berth clusters add ${args.name} --kubeconfig <file>; kubectl config view --raw --flatten --minify makes one.`,
      });
    }
    const client = await context.client();
    const json = {
      name: args.name,
      kubeconfig: await read(kubeconfig),
      ...(name !== undefined && { context: name }),
      ...(registry !== undefined && { registry }),
      ...(quota !== undefined && { quota }),
      ...(options["namespace-prefix"] !== undefined && { namespacePrefix: options["namespace-prefix"] }),
      ...(options["pull-login"] !== undefined && { pullLogin: (await read(options["pull-login"])).trim() }),
      ...(options["router-addresses"] !== undefined && { routerAddresses: split(options["router-addresses"]) }),
      ...(options.ranges !== undefined && { ranges: split(options.ranges) }),
    };
    const cluster = await (await client.api.clusters.$post({ json })).json();
    return { json: cluster, text: clusterText(cluster, context.terminal.style) };
  },
});

function split(text: string): string[] {
  return text.split(",").map((part) => part.trim());
}

async function read(file: string): Promise<string> {
  try {
    return await readFile(file, "utf8");
  } catch (error) {
    throw new BerthError("input.invalid", `${file} cannot be read.`, { path: file, cause: error });
  }
}
