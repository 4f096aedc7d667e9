import { createHash } from "node:crypto";
import type { BaseImage, Digest } from "@berth/core";
import type { FoundPackage } from "./by-package.ts";
import { imageUrl } from "./package-url.ts";
import type { ParsedLockfiles } from "./parse-lockfiles.ts";

export interface Components {
  text: string;
  count: number;
  unread: ParsedLockfiles["unread"];
}

/** The image that a bill of materials is of. */
export interface BillOf {
  app: string;
  service: string;
  digest: Digest;
  /** Git's id of its source. */
  tree: string;
  /** The image it lies on; null where it lies on the machine itself. */
  base: BaseImage | null;
  berthVersion: string;
}

/** A CycloneDX 1.6 bill of materials. Equal inputs give equal bytes: it has no time, and its serial number follows from what it is of. Source: CycloneDX 1.6, JSON reference. */
export function makeBom(of: BillOf, { text, unread }: Components): string {
  const subject = `${of.app}/${of.service}@${of.digest}`;
  const head = JSON.stringify({
    $schema: "http://cyclonedx.org/schema/bom-1.6.schema.json",
    bomFormat: "CycloneDX",
    specVersion: "1.6",
    serialNumber: serialNumber(`${of.digest} ${of.tree}`),
    version: 1,
    metadata: {
      lifecycles: [{ phase: "build" }],
      component: {
        "bom-ref": subject,
        type: "container",
        name: `${of.app}/${of.service}`,
        version: of.digest,
        hashes: [{ alg: "SHA-256", content: of.digest.slice("sha256:".length) }],
      },
      tools: { components: [{ type: "application", name: "berth", version: of.berthVersion }] },
      ...(unread.length > 0 && {
        properties: unread.map(({ path, reason }) => ({ name: "dev.berth:unread", value: `${path}: ${reason}` })),
      }),
    },
    // What the base brings besides is not in any lockfile.
    compositions: [{ aggregate: "incomplete", assemblies: [subject] }],
  });
  const all = [...(of.base === null ? [] : [JSON.stringify(baseComponent(of.base))]), ...(text === "" ? [] : [text])];
  return `${head.slice(0, -1)},"components":[${all.join(",")}]}`;
}

/** The components of packages as they stand in a bill, without the brackets around them: the same for every image of the same lockfiles. */
export function makeComponents({ packages, unread }: ParsedLockfiles): Components {
  return { text: packages.map((found) => JSON.stringify(component(found))).join(","), count: packages.length, unread };
}

function baseComponent({ image, digest }: BaseImage) {
  const purl = imageUrl(image, digest);
  return {
    "bom-ref": purl,
    type: "container",
    name: image,
    scope: "required",
    purl,
    ...(digest !== null && {
      version: digest,
      hashes: [{ alg: "SHA-256", content: digest.slice("sha256:".length) }],
    }),
  };
}

function component(found: FoundPackage) {
  const { purl, type, name, version, scope, hashes, files, licences, from } = found;
  const group = purl === null ? undefined : groupOf(found);
  const reference = purl ?? `${type}:${name}`;
  // Hashes of several files say nothing of the one that was taken, so each goes with its file.
  const single = files.length === 1 ? files.map(({ hash }) => hash) : [];
  const all = [...hashes, ...single];
  return {
    "bom-ref": reference,
    type: type === "generic" ? "file" : "library",
    ...(group !== undefined && { group }),
    name: group === undefined ? name : name.slice(group.length + 1),
    ...(version !== null && { version }),
    scope,
    ...(all.length > 0 && { hashes: all }),
    ...(licences.length > 0 && { licenses: licenceChoice(licences) }),
    ...(purl !== null && { purl }),
    ...(files.length > 1 && {
      externalReferences: files.map((file) => ({
        type: "distribution",
        url: encodeURI(file.name ?? reference),
        hashes: [file.hash],
      })),
    }),
    evidence: { occurrences: from.map((location) => ({ location })) },
  };
}

function groupOf({ type, name }: FoundPackage): string | undefined {
  const cut = name.lastIndexOf(type === "maven" ? ":" : "/");
  return cut === -1 ? undefined : name.slice(0, cut);
}

const expression = /^\(*[A-Za-z0-9.+-]+\)*( (AND|OR|WITH) \(*[A-Za-z0-9.+-]+\)*)*$/;

/** Either one SPDX expression or names: a bill may not have both. */
function licenceChoice(licences: readonly string[]) {
  const [first = ""] = licences;
  const isExpression = licences.length === 1 && expression.test(first) && first !== "UNLICENSED";
  return isExpression ? [{ expression: first }] : licences.map((name) => ({ license: { name } }));
}

/** A UUID of version 8 (RFC 9562) made of the first bytes of a hash. */
function serialNumber(of: string): string {
  const bytes = createHash("sha256").update(of).digest().subarray(0, 16);
  bytes[6] = ((bytes[6] ?? 0) & 0x0f) | 0x80;
  bytes[8] = ((bytes[8] ?? 0) & 0x3f) | 0x80;
  const hex = bytes.toString("hex");
  const parts = [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)];
  return `urn:uuid:${parts.join("-")}`;
}
