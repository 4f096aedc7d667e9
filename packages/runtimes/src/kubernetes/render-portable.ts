import type { ClusterPlace, PortableModel, PortableService } from "./model.ts";
import { fixedName, namespaceName, workloadName } from "./names.ts";
import { variableNames } from "./objects/variables-secret.ts";
import { makePortableObjects } from "./portable.ts";
import { renderYaml } from "./yaml.ts";

/** What `berth manifests` prints: how the Secrets are made, whose values it does not tell, and all the rest as YAML for `kubectl apply`. */
export function renderPortable(model: PortableModel, place: ClusterPlace): string {
  const { app, environment } = model.scope;
  const namespace = namespaceName(place.namespacePrefix, model.scope);
  const lines = [
    `The environment ${environment} of ${app}, without Berth: kubectl apply -f this file.`,
    "It refers to Secrets whose values are not in here. Make them once, after its namespace:",
    ...(place.pull === null ? [] : ["", ...pullLines(namespace, place.pull.registry)]),
    ...model.services.flatMap((service) => ["", ...secretLines(namespace, service)]),
    "",
    "Another release brings Deployments of its own; those before it are yours to delete.",
  ];
  const comment = lines.map((line) => (line === "" ? "#" : `# ${line}`)).join("\n");
  return `${comment}\n${renderYaml(makePortableObjects(model, place))}`;
}

function secretLines(namespace: string, service: PortableService): string[] {
  const names = variableNames(service);
  return [
    `  kubectl -n ${namespace} create secret generic ${workloadName(service.workload)}${names.length === 0 ? "" : " \\"}`,
    ...continued(names.map((name) => `--from-literal=${name}='…'`)),
  ];
}

function pullLines(namespace: string, registry: string): string[] {
  return [
    `  kubectl -n ${namespace} create secret docker-registry ${fixedName.pullLogin} \\`,
    ...continued([`--docker-server=${registry}`, "--docker-username='…'", "--docker-password='…'"]),
  ];
}

function continued(options: readonly string[]): string[] {
  return options.map((option, index) => `    ${option}${index === options.length - 1 ? "" : " \\"}`);
}
