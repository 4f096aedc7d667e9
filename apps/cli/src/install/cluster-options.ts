import type { OptionSpecs } from "../framework/command.ts";

/** Of commands that speak to a cluster themselves. */
export const clusterOptions = {
  context: { about: "The context of the kubeconfig (default: its current one)", value: "name" },
  namespace: { about: "Where Berth itself is (default berth-system)", short: "n", value: "name" },
} as const satisfies OptionSpecs;
