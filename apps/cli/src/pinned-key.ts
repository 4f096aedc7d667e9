import { readFile } from "node:fs/promises";
import type { Client } from "@berth/api/client";
import type { ReleasedService, VerificationCheck } from "@berth/core";
import type { VerifyingKey } from "@berth/images";
import { usageError } from "./framework/usage-error.ts";
import type { Scope } from "./scope.ts";

/** A public key that was kept in a file. Throws `input.invalid`. */
export async function readPinnedKey(file: string): Promise<VerifyingKey> {
  const { readVerifyingKey } = await import("@berth/images");
  try {
    return readVerifyingKey(await readFile(file, "utf8"));
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    throw usageError(
      `${file} is not a public key that can be used: ${why}.`,
      "Write one with: berth verify --print-key > berth.pub",
    );
  }
}

/** Checks here, whatever the server says, that each service's provenance is of its image and signed with a key. By service. */
export async function checkPinnedKey(
  client: Client,
  release: Scope & { version: number; services: readonly Pick<ReleasedService, "spec" | "image">[] },
  key: VerifyingKey,
): Promise<Map<string, VerificationCheck>> {
  const { isOf, readEnvelope, signatureProblem, statementIn } = await import("@berth/images");
  const { app, environment, version } = release;
  const route = client.api.apps[":app"].environments[":environment"].releases[":version"].services[":service"];
  const checked = new Map<string, VerificationCheck>();
  for (const { spec, image } of release.services) {
    const param = { app, environment, version: String(version), service: spec.name };
    const say = (state: "ok" | "failed", message: string) =>
      checked.set(spec.name, { check: "signature", state, message: `the key that was kept: ${message}` });
    try {
      const envelope = readEnvelope(new Uint8Array(await (await route.provenance.$get({ param })).arrayBuffer()));
      const statement = statementIn(envelope);
      const wrong = signatureProblem(envelope, key);
      if (wrong !== null) say("failed", wrong);
      else if (statement === null || !isOf(statement, image)) say("failed", `what it has signed is not of ${image}`);
      else say("ok", `${key.id.slice(0, 12)} has signed it for ${image.slice(0, 19)}`);
    } catch (error) {
      say("failed", error instanceof Error ? error.message : String(error));
    }
  }
  return checked;
}
