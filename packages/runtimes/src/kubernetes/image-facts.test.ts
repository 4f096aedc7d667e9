import { expect, it } from "vitest";
import { readImageFacts } from "./image-facts.ts";
import { makeSample } from "./testing/samples.ts";

const name = "localhost:4000/shop@sha256:1";

function read(config: object, sample: Parameters<typeof makeSample>[0] = {}) {
  return readImageFacts(makeSample(sample).workload, {
    config: Buffer.from(
      JSON.stringify({ os: "linux", architecture: "arm64", config: { User: "1000:1000", ...config } }),
    ),
    name,
    findContent: async (folders) => folders.filter((folder) => folder.endsWith("storage")),
  });
}

it("an image says who runs it, where, with which variables and folders", async () => {
  const config = {
    User: "1001:1002",
    Env: ["NODE_ENV=production"],
    WorkingDir: "/app",
    Labels: { "dev.berth.writable": '["storage",".cache"]' },
  };
  expect(await read(config)).toEqual({
    image: name,
    os: "linux",
    architecture: "arm64",
    user: 1_001,
    group: 1_002,
    imageEnv: { NODE_ENV: "production" },
    writable: [
      { path: "/app/storage", hasContent: true },
      { path: "/app/.cache", hasContent: false },
    ],
    workingFolder: "/app",
    port: 8_080,
  });
});

it("a service listens where it or its image says, and a worker nowhere", async () => {
  expect(await read({ ExposedPorts: { "3000/tcp": {} } })).toMatchObject({ port: 3_000 });
  expect(await read({ ExposedPorts: { "3000/tcp": {} } }, { env: { PORT: "5000" } })).toMatchObject({ port: 5_000 });
  expect(await read({ ExposedPorts: { "3000/tcp": {} } }, { health: null })).toMatchObject({ port: null });
});

it("a user without a group is of the group with its number", async () => {
  expect(await read({ User: "1000" })).toMatchObject({ user: 1_000, group: 1_000 });
});

it.each([
  ["", "runs as root, for it names no user."],
  ["0:1000", "runs as root."],
  ["root", "runs as root."],
  ["node", "runs as the user node."],
])("an image whose user is %j is refused", async (User, message) => {
  await expect(read({ User })).rejects.toMatchObject({ code: "image.unfit", message: `The image of web ${message}` });
});

it("an image that would write everywhere is refused", async () => {
  await expect(read({ Labels: { "dev.berth.writable": '["/"]' } })).rejects.toMatchObject({ code: "image.unfit" });
});
