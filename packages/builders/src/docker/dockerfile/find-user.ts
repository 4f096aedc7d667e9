import type { DockerBuilderDeps } from "../deps.ts";
import { readContainerFile } from "../image-file.ts";
import { lookInside } from "./look-inside.ts";
import { isNamedUser, isRoot, numericUser } from "./user.ts";

/** The user of an image by number, never root, with its own accounts where it is named or has no group. */
export async function findUser(user: string, image: string, deps: DockerBuilderDeps): Promise<string> {
  if (isRoot(user) || (!isNamedUser(user) && user.includes(":"))) {
    return numericUser(isRoot(user) ? "" : user, { passwd: "", group: "" });
  }
  return lookInside(image, deps, async (container) => {
    const passwd = await readContainerFile(deps.engine, container, "/etc/passwd");
    const group = await readContainerFile(deps.engine, container, "/etc/group");
    return numericUser(user, { passwd, group });
  });
}
