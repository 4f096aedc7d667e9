import { BerthError } from "@berth/core/errors";

/** What `berth install` itself decides, and by which option. */
const decided: Readonly<Record<string, string>> = {
  BERTH_DOMAIN: "--domain",
  BERTH_URL: "--url",
  BERTH_REGISTRY: "--registry",
  BERTH_NAMESPACE_PREFIX: "--namespace-prefix",
  BERTH_NODES_REGISTRY: "--node-port or --ingress",
  BERTH_IMAGE: "--image",
};
const fixed = /^BERTH_(HOME|LISTEN|PORT|RUNTIME|ROLE|SERVER|ROUTER_TOKEN|ROUTER_PODS|CONTEXT|NEIGHBOURS|BUILD_PORT)$/;

/** Reads lines of `NAME=value`; empty ones and those that begin with # say nothing. Throws `input.invalid` with the line. */
export function parseSettingsFile(text: string, file: string): Record<string, string> {
  const settings: Record<string, string> = {};
  for (const [index, line] of text.split(/\r?\n/).entries()) {
    const trimmed = line.trim();
    if (trimmed === "" || trimmed.startsWith("#")) continue;
    const [, name, value] = /^([A-Za-z_][A-Za-z0-9_]*)=(.*)$/.exec(trimmed) ?? [];
    const path = `${file}:${index + 1}`;
    if (name === undefined || value === undefined)
      throw new BerthError("input.invalid", "A line is no setting.", { path, hint: "Write it as BERTH_LOG=info." });
    const option = decided[name];
    if (option !== undefined || fixed.test(name)) {
      throw new BerthError("input.invalid", `${name} is decided by the installation.`, {
        path,
        hint: option === undefined ? "Leave it out." : `Leave it out and use ${option}.`,
      });
    }
    settings[name] = value;
  }
  return settings;
}
