import type { Berth } from "./berth.ts";
import { answering, manifest } from "./programs.ts";
import { makeRepository, type Repository, type RunningPush } from "./repository.ts";

/** By which there is room for it on a node that has little left. */
const tinyService = "services: { web: { resources: { cpu: 5m, memory: 64Mi } } }\n";

/** An app that answers with a text, and with another after each push. */
export interface TextApp {
  name: string;
  host: string;
  repository: Repository;
  /** Commits what makes it answer with a text. */
  write(text: string, files?: Record<string, string>): Promise<string>;
  /** Commits and deploys it. */
  say(text: string): Promise<void>;
  /** Commits it, and begins to push. */
  startSaying(text: string): Promise<RunningPush>;
}

/** Makes an app, and deploys its first text. */
export async function deployTextApp(
  berth: Pick<Berth, "url" | "token">,
  name: string,
  text: string,
  files: Record<string, string> = {},
): Promise<TextApp> {
  const app = await makeTextApp(berth, name, text, files);
  await app.repository.deploy();
  return app;
}

/** Makes an app that is still to be deployed. */
async function makeTextApp(
  berth: Pick<Berth, "url" | "token">,
  name: string,
  text: string,
  files: Record<string, string> = {},
): Promise<TextApp> {
  const first = { "package.json": manifest(name), "server.js": answering(text), "berth.yaml": tinyService, ...files };
  const repository = await makeRepository(berth, name, first);
  const app: TextApp = {
    name,
    host: `${name}.localhost`,
    repository,
    async write(next, more = {}) {
      repository.write({ "server.js": answering(next), ...more });
      return await repository.commit(`Say ${next}`);
    },
    async say(next) {
      await app.write(next);
      await repository.deploy();
    },
    async startSaying(next) {
      await app.write(next);
      return repository.startPush("berth", "main");
    },
  };
  return app;
}
