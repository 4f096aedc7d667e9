import { randomBytes } from "node:crypto";
import { Readable } from "node:stream";
import { afterEach, describe, expect, it } from "vitest";
import type { LoadableImage } from "../loadable.ts";
import { isRefusal } from "../refusal.ts";
import { makeImage, makeLayer } from "../testing/make-image.ts";
import { describeWithDocker } from "../testing/requires-docker.ts";
import { failureIn, loadImage } from "./load-image.ts";

const unique = () => randomBytes(8).toString("hex");

describe("failureIn", () => {
  it("finds what an engine says after it has begun to answer", () => {
    expect(failureIn('{"stream":"Loaded image: a:b\\n"}\n')).toBeNull();
    expect(failureIn('{"stream":"x"}\n{"errorDetail":{"message":"no"},"error":"no space"}\n')).toBe("no space");
    expect(failureIn('{"stream":"Loaded image: a\\n"}\n{"stream":"Error unpacking image a: lost\\n"}')).toBe(
      "Error unpacking image a: lost",
    );
  });
});

await describeWithDocker("loadImage", (engine) => {
  // Those that have lost their name to another have only their id.
  const names: string[] = [];
  const ids: string[] = [];
  afterEach(async () => {
    for (const one of [...names.splice(0), ...ids.splice(0)]) {
      await engine.ask((docker) => docker.getImage(one).remove({ force: true })).catch(() => {});
    }
  });

  const load = async (image: LoadableImage, name = `berth-test/${unique()}:one`) => {
    names.push(name);
    const loaded = await loadImage(engine, image, name);
    ids.push(loaded.id);
    return loaded;
  };

  it("gives the engine an image that it knows by its configuration", async () => {
    const image = makeImage([await makeLayer({ "etc/one": unique() })], { User: "1000:1000" });
    const { id, name } = await load(image);
    const found = await engine.ask((docker) => docker.getImage(id).inspect());
    expect(found.RepoTags).toEqual([name]);
    expect(found.Config.User).toBe("1000:1000");
    expect(engine.info.imageStore === "containerd" || id === image.id).toBe(true);
  });

  it("sends only the layers that the engine lacks, and nothing where it has all", async () => {
    const base = await makeLayer({ "etc/base": unique() });
    const [first, second] = [await makeLayer({ "app/one": unique() }), await makeLayer({ "app/two": unique() })];
    await load(makeImage([base, first]));
    expect([base.reads, first.reads]).toEqual([1, 1]);
    const image = makeImage([base, second]);
    const { name } = await load(image);
    expect([base.reads, first.reads, second.reads]).toEqual([1, 1, 1]);
    await load(image, name);
    expect([base.reads, second.reads]).toEqual([1, 1]);
  });

  it("finds layers of images that others have brought", async () => {
    const [base, app] = [await makeLayer({ "etc/base": unique() }), await makeLayer({ "app/one": unique() })];
    await load(makeImage([base]));
    const other = { ...engine };
    const name = `berth-test/${unique()}:one`;
    names.push(name);
    await loadImage(other, makeImage([base, app]), name);
    expect([base.reads, app.reads]).toEqual([1, 1]);
  });

  it("sends all again where layers have gone since it looked", async () => {
    const [base, app] = [await makeLayer({ "etc/base": unique() }), await makeLayer({ "app/one": unique() })];
    const { name } = await load(makeImage([base]));
    await engine.ask((docker) => docker.getImage(name).remove({ force: true }));
    await load(makeImage([base, app]));
    expect([base.reads, app.reads]).toEqual([2, 2]);
  });

  it("joins loads of one image at the same time", async () => {
    const layer = await makeLayer({ "app/one": unique() });
    const image = makeImage([layer]);
    const name = `berth-test/${unique()}:one`;
    const ids = await Promise.all([load(image, name), load(image, name), load(image, name)]);
    expect(new Set(ids.map(({ id }) => id)).size).toBe(1);
    expect(layer.reads).toBe(1);
  });

  it("takes layers however they are compressed", async () => {
    const content = unique();
    const layers = [
      await makeLayer({ "app/plain": content }, "tar"),
      await makeLayer({ "app/gzip": content }, "tar+gzip"),
      await makeLayer({ "app/zstd": content }, "tar+zstd"),
    ];
    const { id } = await load(makeImage(layers));
    const container = await engine.ask((docker) => docker.createContainer({ Image: id }));
    try {
      for (const file of ["plain", "gzip", "zstd"]) {
        expect(
          await engine.ask((docker) => docker.getContainer(container.id).infoArchive({ path: `/app/${file}` })),
        ).toBeTruthy();
      }
    } finally {
      await engine.ask((docker) => docker.getContainer(container.id).remove());
    }
  });

  it("says what is wrong with a layer that is not what it should be, and stores nothing", async () => {
    const layer = await makeLayer({ "app/one": unique() });
    const other = await makeLayer({ "app/one": unique() });
    const name = `berth-test/${unique()}:one`;
    const image = makeImage([{ ...layer, sizeBytes: other.sizeBytes, read: () => other.read() }]);
    await expect(load(image, name)).rejects.toMatchObject({ code: "runtime.failed" });
    await expect(engine.ask((docker) => docker.getImage(name).inspect())).rejects.toSatisfy((error) =>
      isRefusal(error, 404),
    );
  });

  it("fails with the layer's own error where that cannot be read", async () => {
    const layer = await makeLayer({ "app/one": unique() });
    const broken = () =>
      new Readable({
        read() {
          this.destroy(new Error("the disk is gone"));
        },
      });
    await expect(load(makeImage([{ ...layer, read: broken }]))).rejects.toThrow("the disk is gone");
  });
});
