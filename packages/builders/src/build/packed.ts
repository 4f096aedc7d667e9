import type { BuildFailure } from "@berth/core";
import { findNative } from "./native/find-native.ts";
import type { NativeFiles } from "./native/find-native.ts";
import { findSecret } from "./secrets/find-secret.ts";
import type { Secrets } from "./secrets/secrets.ts";

/** Looks at what is about to be packed: a secret in it ends the build, and what is compiled is noted, but for `unseen` folders. */
export async function inspectPacked(
  folder: string,
  paths: readonly string[],
  secrets: Secrets,
  signal: AbortSignal,
  unseen: readonly string[] = [],
): Promise<{ ok: true; native: NativeFiles } | { ok: false; failure: BuildFailure }> {
  const found = await findSecret(folder, paths, secrets, signal);
  if (found === null) return { ok: true, native: await findNative(folder, paths, signal, unseen) };
  const failure: BuildFailure = {
    step: "image",
    message: `${found.path} contains the value of the build secret ${found.name}`,
    hint: "An image is no place for it: let the step read the secret from its environment, or remove this file at its end.",
    exitCode: null,
    lines: [],
  };
  return { ok: false, failure };
}
