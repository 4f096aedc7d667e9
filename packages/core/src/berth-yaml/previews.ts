import { defaultPreviews, type PreviewRules } from "../previews.ts";
import type { ReleaseCommand } from "../release.ts";
import type { ServiceSpec } from "../service.ts";
import { configInvalid } from "./problem.ts";
import type { BerthYaml } from "./schema.ts";

/**
 * What berth.yaml says of previews, with its defaults. Throws `config.invalid` where it names a service that is not there, or leaves out the
 * one that the release command runs as.
 */
export function resolvePreviews(
  yaml: BerthYaml["previews"],
  services: readonly Pick<ServiceSpec, "name">[],
  release: ReleaseCommand | null,
): PreviewRules {
  const { ttl, cap, services: chosen, env, sleep, protected: isProtected } = yaml ?? {};
  const names = services.map(({ name }) => name);
  const strange = (chosen ?? []).findIndex((name) => !names.includes(name));
  if (strange !== -1) {
    const message = `expected one of the services (${names.join(", ")})`;
    throw configInvalid([{ path: ["previews", "services", strange], message, position: null }]);
  }
  if (chosen !== undefined && release !== null && !chosen.includes(release.service)) {
    const message = `expected ${release.service} among them, which the release command runs as`;
    throw configInvalid([{ path: ["previews", "services"], message, position: null }]);
  }
  return {
    ttlMs: ttl === undefined ? defaultPreviews.ttlMs : ttl,
    cap: cap ?? defaultPreviews.cap,
    services: chosen ?? null,
    env: env ?? {},
    sleep: sleep ?? defaultPreviews.sleep,
    isProtected: isProtected ?? defaultPreviews.isProtected,
  };
}
