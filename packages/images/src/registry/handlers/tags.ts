import type { RepositoryCall } from "../call.ts";
import { answerJson } from "../http/answer.ts";
import { selectPage } from "../http/page.ts";
import { RegistryError } from "../registry-error.ts";

/** The tags of a repository: those that were pushed, and under the app's own name those of its releases. */
export async function listTags({ request, response, query, repository }: RepositoryCall): Promise<void> {
  const { name } = repository;
  if (!(await repository.isThere())) {
    throw new RegistryError("NAME_UNKNOWN", `Nothing was pushed to ${name} yet.`, { detail: name });
  }
  const { items, link } = selectPage(await repository.tags(), query, `/v2/${name}/tags/list`);
  answerJson(request, response, 200, { name, tags: items }, link === null ? {} : { link });
}
