import type { InstallPlan } from "./plan.ts";

const askTimeoutMs = 3_000;

/** Whether Berth answers at its address to this machine. */
export async function isAnswering(url: string): Promise<boolean> {
  const answer = await fetch(`${url}/api/v1/whoami`, { signal: AbortSignal.timeout(askTimeoutMs) }).catch(() => null);
  await answer?.body?.cancel();
  return answer?.headers.get("www-authenticate")?.includes('realm="berth"') ?? false;
}

/** What to do after an installation. */
export function nextSteps({ url, namespace, access }: InstallPlan, isUpgrade: boolean, isReached: boolean): string[] {
  const port = access.kind === "node-port" ? access.port : null;
  const way =
    port === null
      ? [`This machine does not reach ${url} yet: its name has to lead to the cluster's Ingress.`]
      : [
          `This machine does not reach ${url}. On a node it does; elsewhere, in another terminal:`,
          `  kubectl -n ${namespace} port-forward service/router ${port}:80`,
        ];
  return [
    `✓ Berth ${isUpgrade ? "is up to date" : "runs"} at ${url}`,
    ...(isReached ? [] : ["", ...way]),
    ...(isUpgrade ? [] : ["", "Next, in a repository of your own:", "  berth link", "  git push berth main"]),
  ];
}
