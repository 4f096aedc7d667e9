import { isAllowed } from "../auth/authorize.ts";
import { catalogScope } from "../auth/scope.ts";
import type { Call } from "../call.ts";
import { answerJson } from "../http/answer.ts";
import { selectPage } from "../http/page.ts";

/** The repositories that whoever asks may pull from. */
export async function listRepositories({ request, response, query, parts, identity }: Call): Promise<void> {
  const names = await parts.repositories.names();
  const seesAll = isAllowed(identity, catalogScope);
  const visible = names.filter(
    (name) => seesAll || isAllowed(identity, { type: "repository", name, actions: ["pull"] }),
  );
  const { items, link } = selectPage(visible, query, "/v2/_catalog");
  answerJson(request, response, 200, { repositories: items }, link === null ? {} : { link });
}
