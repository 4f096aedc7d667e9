import { join } from "node:path";
import { systemRandom as random } from "@berth/core";
import { openImages, readBootId } from "@berth/images";
import { supportFiles } from "@berth/stacks";
import { keyCommand, keyFile, openConfigVault, openSqliteStore } from "@berth/store";
import { openBuilder } from "../builds/builder.ts";
import type { Closers } from "../closers.ts";
import type { Home } from "../home.ts";
import { makeImageOffers } from "../images/image-offers.ts";
import { readInstallationKeys } from "../installation-keys.ts";
import { readMachine } from "../machine.ts";
import { connectPlaces } from "../places.ts";
import { openRegistries } from "../images/registries.ts";
import { takeLoneWakes } from "../router/lone-wake-records.ts";
import type { Settings } from "../settings/settings.ts";
import type { Common } from "./common.ts";

export interface FoundationsDeps {
  settings: Settings;
  home: Home;
  /** At which the server listens. */
  port: number;
  common: Common;
  closers: Closers;
}

export type Foundations = Awaited<ReturnType<typeof openFoundations>>;

/** What all else stands on: what is kept, the place where apps run and builds are made, and who makes them. */
export async function openFoundations({ settings, home, port, common, closers }: FoundationsDeps) {
  const { root, database, configKeys } = home;
  const { configKeyCommand } = settings;
  const store = await openSqliteStore({ file: database, ...common("store") });
  closers.add(() => store.close());
  const source = configKeyCommand === null ? keyFile(configKeys) : keyCommand(configKeyCommand, process.env);
  const vault = await openConfigVault({ source, store, ...common("config") });
  closers.add(() => vault.close());
  const loneWakes = await takeLoneWakes({ home: root, add: (wake) => store.wakes.add(wake), ...common("wakes") });
  closers.add(() => loneWakes.close());
  const bootId = await readBootId();
  const images = await openImages({ home: root, bootId, compression: settings.layers, ...common("images") });
  closers.add(() => images.close());
  const machine = readMachine(process.env);
  const keys = await readInstallationKeys(store, random);
  const places = await connectPlaces(settings, { port, keys, ...common("cluster") });
  const { platform, cluster } = places;
  if (cluster !== null) closers.add(() => cluster.cluster.close());
  const registries = openRegistries({
    home: root,
    images,
    settings,
    env: process.env,
    platform: places.basePlatform,
    ...common("registries"),
  });
  closers.add(() => registries.close());
  const support = (name: string) => supportFiles(name, join(root, "cache", "support"));
  const parts = { home: root, images, supportFiles: support, openBase: registries.openBase };
  const host = { ...parts, machine, platform, ...common("builder") };
  const offers = makeImageOffers();
  const { builder, ...building } = await openBuilder({ settings, host, images, places, keys, registries, offers });
  closers.add(() => building.close());
  return { store, vault, images, machine, keys, places, registries, host, offers, builder };
}
