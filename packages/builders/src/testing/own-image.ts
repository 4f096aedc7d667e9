import { execFile } from "node:child_process";
import { join } from "node:path";
import { promisify } from "node:util";

const root = join(import.meta.dirname, "../../../..");

/** The image of Berth as it is in this checkout, pushed to a registry that has base images, too: its name by digest. BERTH_IMAGE says which to take instead. */
export async function ownImage(registry: string): Promise<string> {
  const given = process.env["BERTH_IMAGE"];
  if (given) return given;
  const env = { ...process.env, BERTH_MIRRORS: `docker.io=http://${registry}` };
  const argv = [join(root, "tools/image/main.ts"), "--push", `${registry}/berth-test`];
  const { stdout } = await promisify(execFile)(process.execPath, argv, { cwd: root, env });
  return stdout.trim().split("\n").at(-1) ?? "";
}
