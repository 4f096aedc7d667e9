import { existsSync, mkdtempSync, readdirSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { makeLog } from "../../apps/server/src/log/log.ts";
import { type RunningServer, startServer } from "../../apps/server/src/server.ts";
import { readSettings } from "../../apps/server/src/settings/read-settings.ts";
import { type Clock, hasCode, systemClock } from "../../packages/core/src/index.ts";
import { get } from "../support/berth.ts";
import { answering, manifest } from "../support/programs.ts";
import { removeFolder } from "../support/remove-folder.ts";
import { makeRepository, type Repository } from "../support/repository.ts";

const minuteMs = 60_000;
let aheadMs = 0;
/** The machine's clock, put forward by the test. */
const clock: Clock = { ...systemClock, now: () => Date.now() + aheadMs };

let home: string;
let server: RunningServer;
let repository: Repository;

beforeAll(async () => {
  home = mkdtempSync(join(tmpdir(), "berth-prune-"));
  const settings = readSettings({ BERTH_HOME: home, BERTH_PORT: "0", BERTH_LOG: "silent" });
  server = await startServer(settings, makeLog(settings, false), { clock });
  const token = await server.createToken("ada", "a test");
  repository = await makeRepository({ url: server.urls.origin, token: () => token }, "tug", {
    "package.json": manifest("tug"),
    "server.js": answering("of push 0"),
  });
});
afterAll(async () => {
  repository.remove();
  await server.close({ apps: true });
  removeFolder(home);
});

const scope = { app: "tug", environment: "production" };

const served = async () => (await get(Number(new URL(server.urls.origin).port), "tug.localhost", "/")).body;

/** Images, unpacked copies and logs as they lie on the disk. */
function onDisk() {
  const workloads = join(home, "logs/tug/production/web");
  return {
    logs: existsSync(workloads) ? readdirSync(workloads).length : 0,
    copies: contentsOf(home, "server.js"),
  };
}

/** How many different files of this name there are below a folder. Folders of it may go while it is read. */
function contentsOf(folder: string, name: string): number {
  for (;;) {
    try {
      const paths = readdirSync(folder, { recursive: true, encoding: "utf8" });
      return paths.filter((path) => path.endsWith(`/app/${name}`)).length;
    } catch (error) {
      if (!hasCode(error, "ENOENT")) throw error;
    }
  }
}

it("leaves of 25 releases the last twenty, and nothing else on the disk", async () => {
  for (let push = 1; push <= 25; push += 1) {
    repository.write({ "server.js": answering(`of push ${push}`) });
    await repository.commit(`Push ${push}`);
    await repository.deploy();
  }
  const before = onDisk();
  expect(before.logs).toBe(25);
  const artifacts = async () => {
    const releases = await server.store.releases.list(scope, { limit: 100 });
    return releases.map(({ snapshot }) => snapshot.services[0]!.image);
  };
  const images = await artifacts();
  expect(images).toHaveLength(25);

  // Within the hour of grace: the history is shorter, images stay.
  await server.prune();
  expect(await artifacts()).toEqual(images.slice(0, 20));
  expect(onDisk().logs).toBe(20);
  expect(await server.store.artifacts.get(images[24]!)).not.toBeNull();

  aheadMs = 70 * minuteMs;
  await server.prune();
  for (const [index, image] of images.entries()) {
    expect((await server.store.artifacts.get(image)) === null, `the image of v${25 - index}`).toBe(index >= 20);
    const blob = join(home, "images/blobs/sha256", image.slice("sha256:".length));
    expect(existsSync(blob), `the manifest of v${25 - index}`).toBe(index < 20);
  }
  expect(onDisk().copies).toBeLessThan(before.copies);
  expect(await served()).toBe("of push 25");
}, 240_000);

it("can still go back to the oldest that is kept", async () => {
  // Instances are started by the keeper, whose clock was not put forward.
  aheadMs = 0;
  const releases = await server.store.releases.list(scope, { limit: 100 });
  const oldest = releases.at(-1)!;
  const address = `${server.urls.origin}/api/v1/apps/tug/environments/production/rollback?wait=60`;
  const token = await server.createToken("ada", "a test");
  const answer = await fetch(address, {
    method: "POST",
    headers: { authorization: `Bearer ${token}`, "content-type": "application/json" },
    body: JSON.stringify({ version: oldest.version }),
  });
  expect(await answer.json()).toMatchObject({ state: "succeeded" });
  expect(await served()).toBe("of push 6");
});
