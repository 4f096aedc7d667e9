import type { BuildFailure } from "@berth/core";
import { hintFor, lastLines } from "../../build/hints.ts";
import type { FailedInstruction } from "./progress.ts";

/** A Dockerfile that failed: the instruction, its exit code, and what it printed last. */
export function dockerfileFailure(
  dockerfile: string,
  reason: string,
  failed: FailedInstruction | null,
  mask: (text: string) => string,
): BuildFailure {
  const exit = /exit code: (\d+)/.exec(`${failed?.error ?? ""} ${reason}`)?.[1];
  const exitCode = exit === undefined ? null : Number(exit);
  const lines = lastLines(failed?.lines ?? []);
  const plain = mask(withoutNoise(reason));
  const instruction = failed === null ? null : mask(failed.name);
  const message =
    instruction === null
      ? `${dockerfile}: ${plain}`
      : exitCode === null
        ? `${instruction}: ${plain}`
        : `${instruction} exited with ${exitCode}`;
  return {
    step: instruction ?? dockerfile,
    message,
    hint:
      reasonHint(dockerfile, reason) ??
      hintFor({ lines, exitCode, signal: null, network: true, where: "in the image" }),
    exitCode,
    lines,
  };
}

/** What BuildKit puts around the words that say what is wrong. */
function withoutNoise(reason: string): string {
  return reason
    .replace(/^failed to solve with frontend [\w.]+: /, "")
    .replace(/^failed to solve: /, "")
    .replace(/^failed to (create|read) (LLB definition|dockerfile): /, "")
    .replace(/^rpc error: code = \w+ desc = /, "")
    .trim();
}

const hints: readonly { pattern: RegExp; hint: (dockerfile: string) => string }[] = [
  {
    pattern: /no active sessions?/i,
    hint: () => "The engine lost the connection over which it asks Berth for logins and secrets: deploy again.",
  },
  {
    pattern: /parse error|unknown instruction|dockerfile parse/i,
    hint: (dockerfile) => `Correct this line of ${dockerfile}.`,
  },
  {
    pattern: /secret\b.*not found|no secret|secrets? provider/i,
    hint: () => "Name the secret in berth.yaml under build.secrets; its id in the Dockerfile is the same name.",
  },
  {
    pattern: /ssh.*(forward|agent|default)|no ssh handler/i,
    hint: () => "Berth gives builds no SSH agent: fetch over HTTPS with a secret of build.secrets.",
  },
  {
    pattern: /failed to (compute|calculate).*(cache key|checksum)|"[^"]+" not found|no such file or directory/i,
    hint: () =>
      "See that the path is committed, and that .dockerignore does not leave it out: the context is the service's source.",
  },
  {
    pattern: /failed to do request|no such host|connection refused/i,
    hint: (dockerfile) =>
      `The engine could not ask the registry of an image in the FROM lines of ${dockerfile}: check its name, and the engine's connection and mirrors.`,
  },
  {
    pattern:
      /pull access denied|manifest unknown|authorization failed|failed to authorize|unauthorized|insufficient_scope|[\w.-]+(:\S+)?:? not found|failed to resolve source metadata/i,
    hint: (dockerfile) =>
      `Check the names and tags in the FROM lines of ${dockerfile}; for a private image run docker login for its registry as the user that runs Berth.`,
  },
];

function reasonHint(dockerfile: string, reason: string): string | null {
  return hints.find(({ pattern }) => pattern.test(reason))?.hint(dockerfile) ?? null;
}
