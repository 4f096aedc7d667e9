/** Fixed, for what a pod may be must not change by an upgrade of the cluster. One that is older takes its newest. */
const version = "v1.35";

/** Labels of a namespace that takes no pod but a `restricted` one (Pod Security Standards), and says so of any other. */
export const restrictedLabels: Readonly<Record<string, string>> = Object.fromEntries(
  ["enforce", "audit", "warn"].flatMap((mode) => [
    [`pod-security.kubernetes.io/${mode}`, "restricted"],
    [`pod-security.kubernetes.io/${mode}-version`, version],
  ]),
);
