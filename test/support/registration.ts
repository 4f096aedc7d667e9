import { readFileSync } from "node:fs";
import { isAbsolute, join, dirname } from "node:path";

interface Kubeconfig {
  clusters: { cluster: Record<string, unknown> }[];
  users: { user: Record<string, unknown> }[];
}

/** A kubeconfig of a test's account with all in it, as one that is registered has to be. */
export function makeRegistration(file: string, server?: string): string {
  const config = JSON.parse(readFileSync(file, "utf8")) as Kubeconfig;
  const read = (path: unknown) =>
    readFileSync(isAbsolute(String(path)) ? String(path) : join(dirname(file), String(path)));
  for (const { cluster } of config.clusters) {
    const { "certificate-authority": ca } = cluster;
    if (ca !== undefined) cluster["certificate-authority-data"] = read(ca).toString("base64");
    delete cluster["certificate-authority"];
    if (server !== undefined) cluster["server"] = server;
  }
  for (const { user } of config.users) {
    if (user["tokenFile"] !== undefined) user["token"] = read(user["tokenFile"]).toString().trim();
    delete user["tokenFile"];
  }
  return JSON.stringify(config);
}
