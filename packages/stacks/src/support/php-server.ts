import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { SupportFile } from "./support-files.ts";

const folder = fileURLToPath(new URL("../stacks/php/server", import.meta.url));

/** What serves PHP applications: a script that starts Apache, or PHP's own server, with what each of them is told. */
export function phpServerFiles(): SupportFile[] {
  return ["apache.conf", "router.php", "serve.sh"].map((file) => ({ path: file, file: join(folder, file) }));
}
