import { afterAll, beforeAll, expect, test } from "vitest";
import { helloApp, makePerson, type Person } from "../cli/cli.ts";
import { type Berth, startBerth } from "../support/berth.ts";

let berth: Berth;
let ada: Person;
beforeAll(async () => {
  berth = await startBerth();
  ada = makePerson(berth);
  await ada.git("init", "--quiet", "--initial-branch=main");
  await ada.berth(["link", "shop"]);
});
afterAll(async () => {
  ada.remove();
  await berth.stop();
});

test("a server with processes prints what is live, and says that it has to be built again for containers", async () => {
  expect(await ada.berth(["manifests"])).toMatchObject({ code: 4, err: expect.stringContaining("not deployed yet") });
  ada.write(helloApp("one"));
  await ada.git("add", "--all");
  await ada.git("commit", "--quiet", "-m", "Say one");
  await ada.git("push", "--quiet", "berth", "main");
  const { code, out } = await ada.berth(["manifests"]);
  expect(code).toBe(0);
  expect(out).toContain("# DOES NOT START as it is: the image of web was made for processes");
  expect(out).toContain("berth rebuild");
  expect(out).toContain(
    `# BERTH_REGISTRY is not set, so images are named at Berth's own registry, localhost:${berth.port}:`,
  );
  expect(out).toContain(
    `kubectl -n berth-shop--production create secret docker-registry pull \\\n#     --docker-server=localhost:${berth.port} \\`,
  );
  expect(out).toMatch(new RegExp(`image: "?localhost:${berth.port}/shop@sha256:[0-9a-f]{64}"?$`, "m"));
  expect(out).toContain("host: shop.localhost");
  expect(out).toMatch(/replicas: 1$/m);

  await ada.berth(["scale", "web=3"]);
  const { manifests } = await ada.json<{ manifests: string }>(["manifests"]);
  expect(manifests).toMatch(/replicas: 3$/m);
  expect(manifests).toContain("# It is v2, as it is live.");
});
