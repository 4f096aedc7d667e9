import { resolve } from "node:path";
import type { Verification } from "@berth/core";
import type { VerifyingKey } from "@berth/images";
import { exitCodes } from "../edge/exit-codes.ts";
import { defineCommand, environmentOption } from "../framework/command.ts";
import { usageError } from "../framework/usage-error.ts";
import { checkPinnedKey, readPinnedKey } from "../pinned-key.ts";
import { scopeOf, scopeText } from "../scope.ts";
import { readVersion } from "../versions.ts";
import { verificationText } from "../views/verification.ts";

export const command = defineCommand({
  description:
    "Reads every byte of the release's images and checks the signature of their provenance, that it is of these images, that the commit's tree is what was built, and that the copies that instances run from are unchanged. Exits with 1 where anything differs, and says what.",
  arguments: {
    version: { about: "The release, such as v11; otherwise the live one", required: false, completes: "versions" },
  },
  options: {
    ...environmentOption,
    key: {
      about: "A public key kept elsewhere: check here that it has signed, whatever the server says",
      value: "file",
      completes: "files",
    },
    "print-key": { about: "Print the server's public key, to be kept elsewhere" },
  },
  examples: [
    { line: "berth verify v12", about: "Check v12 of production" },
    { line: "berth verify --print-key > berth.pub", about: "Keep the public key" },
    { line: "berth verify v12 --key berth.pub", about: "Check with the key that was kept" },
  ],
  async run({ args, options }, context) {
    const client = await context.client();
    if (options["print-key"]) {
      const key = await (await client.api["provenance-key"].$get()).json();
      return { json: key, text: key.publicKey.trimEnd() };
    }
    const pinned = options.key === undefined ? null : await readPinnedKey(resolve(context.settings.cwd, options.key));
    const scope = await scopeOf(context, options.env);
    const version = args.version === undefined ? await liveVersion() : readVersion(args.version);
    const route = client.api.apps[":app"].environments[":environment"].releases[":version"];
    const param = { ...scope, version: String(version) };
    const verification: Verification = await (await route.verification.$get({ param })).json();
    const checked = pinned === null ? verification : await withPinnedKey(verification, pinned);
    const { style } = context.terminal;
    return {
      json: checked,
      text: verificationText(checked, `${scopeText(scope)} v${version}`, style),
      exitCode: checked.verified ? exitCodes.ok : exitCodes.failed,
    };

    async function liveVersion(): Promise<number> {
      const environment = client.api.apps[":app"].environments[":environment"];
      const { live } = await (await environment.$get({ param: scope })).json();
      if (live !== null) return live;
      throw usageError(`Nothing is live in ${scopeText(scope)}.`, "Name a version: `berth releases` lists them.");
    }

    async function withPinnedKey(found: Verification, key: VerifyingKey): Promise<Verification> {
      const { snapshot } = await (await route.$get({ param })).json();
      const checks = await checkPinnedKey(client, { ...scope, version, services: snapshot.services }, key);
      return {
        ...found,
        verified: found.verified && [...checks.values()].every(({ state }) => state === "ok"),
        services: found.services.map((one) => {
          const check = checks.get(one.service);
          return check === undefined ? one : { ...one, checks: [check, ...one.checks] };
        }),
      };
    }
  },
});
