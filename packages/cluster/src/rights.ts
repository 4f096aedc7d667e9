import type { Caller } from "./calls/caller.ts";
import type { Right } from "./cluster.ts";

interface AccessReview {
  status?: { allowed?: boolean };
}

/** Asks the API server about each right; see `Cluster.missingRights`. */
export async function findMissingRights(caller: Caller, rights: readonly Right[]): Promise<readonly Right[]> {
  const allowed = await Promise.all(rights.map((right) => isAllowed(caller, right)));
  return rights.filter((_, place) => allowed[place] === false);
}

async function isAllowed(caller: Caller, { verb, group, resource, namespace }: Right): Promise<boolean> {
  const [plural, subresource] = resource.split("/");
  const attributes = {
    verb,
    group,
    resource: plural,
    ...(subresource && { subresource }),
    ...(namespace && { namespace }),
  };
  const apiVersion = "authorization.k8s.io/v1";
  const answer = await caller.send<AccessReview>({
    verb: "create",
    resource: "selfsubjectaccessreviews.authorization.k8s.io",
    namespace: null,
    subject: `right to ${verb} ${resource}`,
    path: `/apis/${apiVersion}/selfsubjectaccessreviews`,
    body: { apiVersion, kind: "SelfSubjectAccessReview", spec: { resourceAttributes: attributes } },
    // It only asks, though it is sent as if it made something.
    repeatable: true,
  });
  return answer.status?.allowed === true;
}
