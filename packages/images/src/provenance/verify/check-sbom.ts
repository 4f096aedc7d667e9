import type { Digest, VerificationCheck } from "@berth/core";
import type { Images } from "../../images.ts";
import { listAttached } from "../attached.ts";
import { sbomOf } from "../statement-types.ts";
import type { Statement } from "../statement-types.ts";
import { blobProblem } from "./check-manifest.ts";
import { failed, ok, short } from "./outcome.ts";

/** Whether the bill of materials is there that the provenance names. */
export async function checkSbom(
  images: Pick<Images, "blobs" | "referrers">,
  image: Digest,
  statement: Statement,
): Promise<VerificationCheck> {
  const digest = sbomOf(statement);
  if (digest === null) return failed("sbom", "the provenance names none");
  const wrong = await blobProblem(images.blobs, digest);
  if (wrong !== null) return failed("sbom", wrong);
  const isBeside = (await listAttached(images, image)).some(({ blob }) => blob === digest);
  if (!isBeside) return failed("sbom", `${short(digest)} does not lie beside the image`);
  const components = await countComponents(images, digest);
  return ok("sbom", `${short(digest)}, ${components} component${components === 1 ? "" : "s"}`);
}

/** How many components a bill of materials names. */
export async function countComponents({ blobs }: Pick<Images, "blobs">, sbom: Digest): Promise<number> {
  const { components = [] }: { components?: unknown[] } = JSON.parse((await blobs.readWhole(sbom)).toString());
  return components.length;
}
