import { expect } from "vitest";
import type { Berth } from "../support/berth.ts";
import { asking, manifest, smallService } from "../support/programs.ts";
import { makeRepository, type Repository } from "../support/repository.ts";

/** An app whose production and whose preview `feature` can be told what to ask for. */
export async function givenBoth(berth: Berth, app: string): Promise<Repository> {
  const repository = await makeRepository(berth, app, {
    "package.json": manifest(app),
    "server.js": asking(`${app} production`),
    "berth.yaml": smallService,
  });
  await repository.deploy();
  await repository.git("checkout", "--quiet", "-b", "feature");
  repository.write({ "server.js": asking(`${app} feature`) });
  await repository.commit("Change it");
  await repository.deploy("berth", "feature");
  return repository;
}

/** Where to ask for the instance of an environment, as others on its machine would have to name it. */
type AddressOf = (environment: string) => Promise<string>;

/** What comes of asking for an instance by its address: from the other environment, both ways, and from its own. */
export async function askAcross(berth: Berth, app: string, addressOf: AddressOf) {
  const hosts = { production: `${app}.localhost`, feature: `${app}--feature.localhost` };
  const askFrom = async (from: keyof typeof hosts, to: keyof typeof hosts) => {
    const url = `http://${await addressOf(to)}/name`;
    return (await berth.get(hosts[from], `/ask?url=${encodeURIComponent(url)}`)).body;
  };
  const [there, back, own] = await Promise.all([
    askFrom("feature", "production"),
    askFrom("production", "feature"),
    askFrom("feature", "feature"),
  ]);
  return { there, back, own };
}

/** Nobody is reached but oneself. */
export function apart(app: string) {
  const failed = expect.stringMatching(/^failed: /) as string;
  return { there: failed, back: failed, own: `${app} feature` };
}
