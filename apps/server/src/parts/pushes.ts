import type { Authenticator, Urls } from "@berth/api";
import { BerthError } from "@berth/core";
import type { Deployer } from "@berth/deployer";
import { startGitServer } from "@berth/git";
import type { Closers } from "../closers.ts";
import type { Home } from "../home.ts";
import { openImageRegistry } from "../images/image-registry.ts";
import { withPullLogin } from "../images/pull-login.ts";
import type { Common } from "./common.ts";
import type { Foundations } from "./foundations.ts";

export interface PushesDeps {
  home: Home;
  foundations: Pick<Foundations, "store" | "images" | "machine" | "keys" | "offers">;
  authenticator: Authenticator;
  urls: Urls;
  /** Null until there is one. */
  deployer(): Deployer | null;
  common: Common;
  closers: Closers;
}

/** What takes pushes: of images the registry, of source git. */
export async function openPushes({ home, foundations, authenticator, urls, deployer, common, closers }: PushesDeps) {
  const { store, images, machine, keys, offers } = foundations;
  const registry = await openImageRegistry({
    home: home.root,
    store,
    images,
    authenticate: withPullLogin(authenticator, keys.pullPassword),
    offers,
    origin: urls.origin,
    ...common("registry"),
  });
  closers.add(() => registry.close());
  const git = await startGitServer({
    home: home.root,
    node: process.execPath,
    searchPath: machine.path,
    authenticate: authenticator,
    apps: store.apps,
    environments: store.environments,
    operations: store.operations,
    deployments() {
      const there = deployer();
      if (there === null) throw new BerthError("internal", "A push came before the deployer was there.");
      return there;
    },
    url: urls.ofEnvironment,
    pushBegins: () => images.warm(),
    ...common("git"),
  });
  closers.add(() => git.close());
  return { registry, git };
}

export type Pushes = Awaited<ReturnType<typeof openPushes>>;
