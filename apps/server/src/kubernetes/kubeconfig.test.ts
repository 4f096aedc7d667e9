import { expect, it } from "vitest";
import { findKubeconfig } from "./kubeconfig.ts";

const usual = "/home/ada/.kube/config";
const find = (env: Record<string, string>, files: string[] = []) =>
  findKubeconfig(env, "/home/ada", (file) => files.includes(file));

it("the kubeconfig is that of KUBECONFIG, else the usual one, else the pod's own account", () => {
  expect(find({ KUBECONFIG: "/a:/b", KUBERNETES_SERVICE_HOST: "10.96.0.1" }, [usual])).toBe("/a:/b");
  expect(find({ KUBECONFIG: "" }, [usual])).toBe(usual);
  expect(find({ KUBERNETES_SERVICE_HOST: "10.96.0.1" })).toBeUndefined();
  expect(() => find({})).toThrow("nothing says on which");
});
