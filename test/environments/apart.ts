import { expect } from "vitest";
import type { Operation } from "../../packages/core/src/index.ts";
import { makePerson } from "../cli/cli.ts";
import type { Berth } from "../support/berth.ts";
import { asking, manifest, smallService } from "../support/programs.ts";
import { makeRepository, type Repository } from "../support/repository.ts";

/** An app in three environments that can be told what to ask for: production, the preview `feature`, and what one person works on. */
export interface Apart {
  repository: Repository;
  /** The names of all three. */
  environments: readonly string[];
  /** That of the person. */
  own: string;
  /** Removes the person's, as they would. */
  down(): Promise<string>;
  remove(): void;
}

/** Two branches that were pushed, and a folder that somebody works on, all at once. */
export async function givenThree(berth: Berth, app: string): Promise<Apart> {
  const repository = await makeRepository(berth, app, {
    "package.json": manifest(app),
    "server.js": asking(`${app} production`),
    "berth.yaml": smallService,
  });
  await repository.deploy();
  await repository.git("checkout", "--quiet", "-b", "feature");
  repository.write({ "server.js": asking(`${app} feature`) });
  await repository.commit("Change it");
  const person = makePerson(berth);
  const pushed = repository.deploy("berth", "feature");
  // Not committed, and not what is pushed meanwhile.
  repository.write({ "server.js": asking(`${app} own`) });
  const up = person.json<Operation>(["dev", "up"], { cwd: repository.folder });
  const [{ environment: own, state }] = await Promise.all([up, pushed]);
  expect(state).toBe("succeeded");
  return {
    repository,
    environments: ["production", "feature", own],
    own,
    down: async () => (await person.berth(["dev", "down"], { cwd: repository.folder })).out,
    remove() {
      person.remove();
      repository.remove();
    },
  };
}

/** Where to ask for the instance of an environment, as others on its machine would have to name it. */
type AddressOf = (environment: string) => Promise<string>;

/** What comes of asking for an instance by its address: from each environment for each, by `from → to`. */
export async function askAcross(berth: Berth, app: string, { environments }: Apart, addressOf: AddressOf) {
  const hostOf = (name: string) => (name === "production" ? `${app}.localhost` : `${app}--${name}.localhost`);
  const pairs = environments.flatMap((from) => environments.map((to) => ({ from, to })));
  const asked = pairs.map(async ({ from, to }) => {
    const url = `http://${await addressOf(to)}/name`;
    const { body } = await berth.get(hostOf(from), `/ask?url=${encodeURIComponent(url)}`);
    return [`${from} → ${to}`, body] as const;
  });
  return Object.fromEntries(await Promise.all(asked));
}

/** Nobody is reached but oneself. */
export function apart(app: string, { environments, own }: Apart) {
  const failed = expect.stringMatching(/^failed: /) as string;
  const pairs = environments.flatMap((from) =>
    environments.map((to) => [`${from} → ${to}`, from === to ? `${app} ${to === own ? "own" : to}` : failed] as const),
  );
  return Object.fromEntries(pairs);
}
