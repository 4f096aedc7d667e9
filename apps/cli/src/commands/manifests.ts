import { defineCommand, environmentOption } from "../framework/command.ts";
import { scopeOf } from "../scope.ts";

export const command = defineCommand({
  description:
    "Prints YAML that serves what is live without Berth: `kubectl apply -f` takes it as it is. Values of variables are not in it; its first lines say how the Secrets are made that it refers to, and what else there is to know. It prints it wherever the server runs its apps.",
  arguments: {},
  options: environmentOption,
  examples: [
    { line: "berth manifests > shop.yaml", about: "Production, as Kubernetes objects" },
    { line: "berth manifests --env staging | kubectl apply -f -", about: "Straight to a cluster" },
    { line: "berth manifests | kubectl diff -f -", about: "What a cluster has otherwise" },
  ],
  async run({ options }, context) {
    const [scope, client] = await Promise.all([scopeOf(context, options.env), context.client()]);
    const route = client.api.apps[":app"].environments[":environment"];
    const yaml = await (await route.manifests.$get({ param: scope })).text();
    return { json: { ...scope, manifests: yaml }, text: yaml.trimEnd() };
  },
});
