import type { ClusterPlace, PortableModel, PortableService } from "./model.ts";
import { fixedName, namespaceName, workloadName } from "./names.ts";
import { variableNames } from "./objects/variables-secret.ts";
import { makePortableObjects } from "./portable.ts";
import { renderYaml } from "./yaml.ts";

/**
 * What `berth manifests` prints: how the Secrets are made, whose values it does not tell, and all the rest as YAML for `kubectl apply`.
 * `notes` are further lines for who reads it.
 */
export function renderPortable(model: PortableModel, place: ClusterPlace, notes: readonly string[] = []): string {
  const { app, environment } = model.scope;
  const namespace = namespaceName(place.namespacePrefix, model.scope);
  const hasCrons = model.services.some(({ workload }) => workload.kind === "cron");
  const lines = [
    `The environment ${environment} of ${app}, without Berth: kubectl apply -f this file.`,
    ...notes,
    ...(notes.length === 0 ? [] : [""]),
    "It refers to Secrets whose values are not in here. Make them once, after its namespace:",
    ...(place.pull === null ? [] : ["", ...pullLines(namespace, place.pull.registry)]),
    ...model.services.flatMap((service) => ["", ...secretLines(namespace, service)]),
    "",
    `Another release brings ${hasCrons ? "Deployments and CronJobs" : "Deployments"} of its own; those before it are yours to delete.`,
  ];
  const comment = lines.map((line) => (line === "" ? "#" : `# ${line}`)).join("\n");
  return `${comment}\n${renderYaml(makePortableObjects(model, place))}`;
}

function secretLines(namespace: string, service: PortableService): string[] {
  const names = variableNames(service);
  return [
    `  kubectl -n ${namespace} create secret generic ${workloadName(service.workload)}${names.length === 0 ? "" : " \\"}`,
    ...continued(names.map((name) => `--from-literal=${name}=${toldValue(name, service)}`)),
  ];
}

/** What Berth itself has set is nobody's secret; whatever else a variable has is not told. */
function toldValue(name: string, { workload }: PortableService): string {
  const { app, environment, service, env } = workload;
  const own: Record<string, string> = { BERTH_APP: app, BERTH_ENVIRONMENT: environment, BERTH_SERVICE: service };
  const value = env[name] ?? "";
  const isOwn = value === own[name] || (name.startsWith("BERTH_URL_") && /^http:\/\/[a-z0-9-]+$/.test(value));
  return isOwn ? value : "'…'";
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
