import type { Artifact } from "@berth/core";
import { expect, it } from "vitest";
import { isSealed, sealArtifact } from "./seal.ts";
import { drawSigningKey, readSigningKey } from "./signing-key.ts";
import { testProvenance } from "./testing/provenance.ts";

const key = readSigningKey(drawSigningKey());
const artifact: Artifact = {
  digest: `sha256:${"1".repeat(64)}`,
  key: "build",
  sizeBytes: 1,
  createdAt: 1,
  provenance: testProvenance,
  seal: null,
};

it("holds for a record as it was stored and read again, and for nothing that was changed in it", () => {
  const sealed = sealArtifact(artifact, key);
  const stored: Artifact = JSON.parse(JSON.stringify({ ...sealed, createdAt: 2 }));
  expect(isSealed(stored, key)).toBe(true);
  const changes: Partial<Artifact>[] = [
    { digest: `sha256:${"2".repeat(64)}` },
    { key: "other" },
    { provenance: { ...testProvenance, commit: "9".repeat(40) } },
    { provenance: { ...testProvenance, plan: { ...testProvenance.plan, command: { argv: ["other"] } } } },
    { seal: null },
    { seal: "00" },
  ];
  for (const change of changes) expect(isSealed({ ...stored, ...change }, key)).toBe(false);
});

it("is of one key", () => {
  const other = readSigningKey(drawSigningKey());
  expect(isSealed(sealArtifact(artifact, other), key)).toBe(false);
});
