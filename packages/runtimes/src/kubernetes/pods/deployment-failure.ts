/** Of a Deployment, what tells why it has no pods. */
export interface ConditionedDeployment {
  status?: { conditions?: readonly { type: string; status: string; reason?: string; message?: string }[] };
}

/** Why the cluster refuses to make a workload's pods, as a clause that begins with "it"; null where it does not. */
export function deploymentFailure({ status }: ConditionedDeployment): string | null {
  const failure = status?.conditions?.find(({ type, status }) => type === "ReplicaFailure" && status === "True");
  return failure === undefined ? null : refusalText(failure.message ?? failure.reason ?? "");
}

/** What an admission of the API server refuses, in words of whoever deploys. */
export function refusalText(message: string): string {
  const quota = /exceeded quota: ([\w.-]+), requested: (.*?), used: (.*?), limited: (.*)$/s.exec(message);
  if (quota !== null) {
    const [, , requested, used, limited] = quota;
    return `it needs more than the environment's quota allows: it asks for ${requested}, ${used} are in use, and ${limited} is the limit`;
  }
  const security = /violates PodSecurity "([^"]+)": (.*)$/s.exec(message);
  if (security !== null) return `it may not run so under Pod Security "${security[1]}": ${security[2]}`;
  const limit =
    /(minimum|maximum) (cpu|memory) usage per (?:Container|Pod) is (\S+?)[,.]? .*?(?:request|limit) is (\S+)/s.exec(
      message,
    );
  if (limit !== null) {
    const [, bound, resource, allowed, asked] = limit;
    return `it asks for ${asked} of ${resource}, and the ${bound} in this environment is ${allowed?.replace(/,$/, "")}`;
  }
  return `the cluster refuses its pods: ${message.replaceAll(/\s+/g, " ").replace(/^.*? is forbidden: /, "")}`;
}
