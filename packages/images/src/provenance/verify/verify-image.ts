import { join } from "node:path";
import type { Artifact, Digest, VerificationCheck } from "@berth/core";
import type { ImageDescription } from "../../describe.ts";
import type { Images } from "../../images.ts";
import type { LayerEntry } from "../../layer/entry.ts";
import { readRecord, recordPath } from "../../layer/record.ts";
import { hexOf, makePaths } from "../../layout/paths.ts";
import { baseLayerCount, foreignAnnotation, writableFolders } from "../../manifest.ts";
import { differenceOf } from "../compare.ts";
import { describeLayers } from "../layers.ts";
import { keyOf } from "../read-statement.ts";
import type { VerifyingKey } from "../signing-key.ts";
import { isSignedLater } from "../statement-types.ts";
import { checkBase } from "./check-base.ts";
import { checkCopy } from "./check-copy.ts";
import { checkLayer } from "./check-layer.ts";
import { checkManifest } from "./check-manifest.ts";
import { checkRecord } from "./check-record.ts";
import { checkSbom } from "./check-sbom.ts";
import { checkSource } from "./check-source.ts";
import type { SourceFound } from "./check-source.ts";
import { findStatements } from "./find-statement.ts";
import type { FoundStatement } from "./find-statement.ts";

export interface VerifyDeps {
  /** BERTH_HOME. */
  home: string;
  images: Pick<Images, "blobs" | "referrers">;
  key: VerifyingKey;
  /** The record of the build with a key, of this image. */
  recordOf(image: Digest, key: string): Promise<Artifact | null>;
}

/** Checks all that is known of an image, against what is signed, stored and in git. What fails is in the answer; it throws only where the machine fails. */
export async function verifyImage(deps: VerifyDeps, image: Digest, source: SourceFound): Promise<VerificationCheck[]> {
  const { images } = deps;
  const { found, checks } = await findStatements(images, image, deps.key);
  const { chosen, record } = await chooseStatement(deps, image, found, source);
  if (chosen !== null) {
    if (isSignedLater(chosen.statement)) tellSignedLater(checks);
    checks.push(checkRecord(chosen.statement, record), checkSource(chosen.statement, source));
    checks.push(await checkSbom(images, image, chosen.statement));
  }
  const { description, checks: manifestChecks } = await checkManifest(images.blobs, image);
  checks.push(...manifestChecks);
  if (description === null) return checks;
  const records = recordsOf(deps.home, description);
  const held = describeLayers(description, record?.provenance.plan ?? null);
  const count = foreignAnnotation in description.annotations ? 0 : baseLayerCount(description);
  for (const [index, layer] of description.layers.entries()) {
    const name = `layer ${index + 1} of ${description.layers.length} (${held[index]?.holds ?? "app"})`;
    checks.push(
      await checkLayer(images.blobs, { layer, isFetched: index < count, name, record: records[index] ?? null }),
    );
  }
  if (record !== null) {
    const { plan, platform } = record.provenance;
    checks.push(await checkBase(images.blobs, description, plan.base, platform));
  }
  checks.push(await checkCopyOf(deps.home, description, records));
  return checks;
}

/** One image may have been built more than once: of the same source for several apps, of sources that give the same, or again. */
async function chooseStatement(
  { recordOf }: VerifyDeps,
  image: Digest,
  found: readonly FoundStatement[],
  source: SourceFound,
): Promise<{ chosen: FoundStatement | null; record: Artifact | null }> {
  const trees = "trees" in source ? source.trees : [];
  const treeOf = ({ statement }: FoundStatement) => statement.predicate.buildDefinition.externalParameters.source.tree;
  const ofTree = found.filter((one) => trees.includes(treeOf(one)));
  const candidates = await Promise.all(
    (ofTree.length > 0 ? ofTree : found).map(async (chosen) => ({
      chosen,
      record: await recordOf(image, keyOf(chosen.statement)),
    })),
  );
  const isRecorded = ({ chosen, record }: (typeof candidates)[number]) =>
    record !== null && differenceOf(record, chosen.statement) === null;
  return candidates.find(isRecorded) ?? candidates[0] ?? { chosen: null, record: null };
}

function tellSignedLater(checks: VerificationCheck[]): void {
  const at = checks.findIndex(({ check, state }) => check === "signature" && state === "ok");
  const one = checks[at];
  if (one !== undefined) checks[at] = { ...one, message: `${one.message}, signed after the build and not with it` };
}

/** What was noted of each layer. There is no note of what is in layers that Berth has not made. */
function recordsOf(home: string, description: ImageDescription): (readonly LayerEntry[] | null)[] {
  const { records } = makePaths(home);
  const isForeign = foreignAnnotation in description.annotations;
  return description.layers.map(({ digest }, index) => {
    const isTheirs = isForeign || index < baseLayerCount(description);
    return isTheirs ? null : (readRecord(recordPath(records, digest), digest)?.entries ?? null);
  });
}

function checkCopyOf(
  home: string,
  description: ImageDescription,
  records: readonly (readonly LayerEntry[] | null)[],
): Promise<VerificationCheck> {
  const base = baseLayerCount(description);
  const isForeign = foreignAnnotation in description.annotations;
  const above = records.slice(base);
  const layers = above.filter((entries) => entries !== null);
  const { unpacked, archives } = makePaths(home);
  return checkCopy({
    root: join(unpacked, hexOf(description.digest), "root"),
    archives: description.layers.slice(base).map(({ digest, diffId }, index) => ({
      path: join(archives, hexOf(digest)),
      diffId,
      name: `layer ${base + index + 1}`,
    })),
    layers: layers.length === above.length ? layers : null,
    // The labels of what others have made may say anything.
    writable: isForeign ? [] : writableFolders(JSON.parse(Buffer.from(description.config).toString())),
  });
}
