import { expect, it } from "vitest";
import { makeHome, openTestImages } from "../testing/images.ts";

const odd = [
  { manifests: [{ digest: "../../secret" }, { digest: `sha512:${"a".repeat(128)}` }, { digest: 7 }, {}] },
  { manifests: [null] },
  { config: { digest: "x" }, layers: [null, { digest: "sha256:short" }] },
  { layers: 5 },
  { annotations: { "org.opencontainers.image.base.digest": 3 } },
];

it("goes on whatever a manifest names that somebody has pushed", async () => {
  const images = await openTestImages(await makeHome());
  const kept = await images.blobs.put("kept");
  const roots = await Promise.all(odd.map((value) => images.blobs.put(JSON.stringify(value))));
  const gone = await images.blobs.put("gone");
  await images.collect({ images: [], layers: [kept, ...roots] }, -1_000);
  for (const digest of [kept, ...roots]) expect(await images.blobs.sizeBytes(digest)).not.toBeNull();
  expect(await images.blobs.sizeBytes(gone)).toBeNull();
});
