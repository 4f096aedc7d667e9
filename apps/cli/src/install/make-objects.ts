import type { KubeObject, Right } from "@berth/cluster";
import { makeHttpRoute, makeIngress } from "./objects/ingress.ts";
import { makeInstallNamespace } from "./objects/namespace.ts";
import { makeInstallPolicies } from "./objects/network-policies.ts";
import { makeClusterRole, makeClusterRoleBinding } from "./objects/rights.ts";
import { makeRouterBudget, makeRouters } from "./objects/router.ts";
import { makeSecrets } from "./objects/secrets.ts";
import { makeServiceAccount } from "./objects/service-account.ts";
import { makeRouterService, makeServerService } from "./objects/services.ts";
import { makeServer } from "./objects/stateful-set.ts";
import type { InstallPlan } from "./plan.ts";

/** Everything that puts Berth on a cluster, in the order in which it is applied. `options` is kept for the next time. */
export function makeInstallObjects(plan: InstallPlan, options: string, rights: readonly Right[]): KubeObject[] {
  const { access } = plan;
  return [
    makeInstallNamespace(plan, options),
    makeServiceAccount("server", plan),
    makeServiceAccount("router", plan),
    makeClusterRole(plan, rights),
    makeClusterRoleBinding(plan),
    ...makeSecrets(plan),
    ...makeInstallPolicies(plan),
    makeServerService(plan),
    makeRouterService(plan),
    makeServer(plan),
    makeRouters(plan),
    makeRouterBudget(plan),
    ...(access.kind === "ingress" ? [makeIngress(plan, access)] : []),
    ...(access.kind === "gateway" ? [makeHttpRoute(plan, access)] : []),
  ];
}
