/** `required` runs in production, `optional` may be missing there, `excluded` is for development only. The words are CycloneDX's. */
export type Scope = "required" | "optional" | "excluded";

/** A hash as CycloneDX writes it. */
export interface Hash {
  alg: "MD5" | "SHA-1" | "SHA-256" | "SHA-384" | "SHA-512";
  /** In hex. */
  content: string;
}

/** A package that a lockfile names. */
export interface LockedPackage {
  /** The type of its package URL: `npm`, `pypi`, `golang`, … */
  type: string;
  /** As its ecosystem writes it: `@babel/core`, `org.slf4j:slf4j-api`, `github.com/go-chi/chi/v5`. */
  name: string;
  /** Null where nothing pins it. */
  version: string | null;
  scope: Scope;
  /** Of the package as it is distributed. */
  hashes: readonly Hash[];
  /** Where it is distributed as several files: each with its hash; a name is null where the lockfile tells none. */
  files: readonly { name: string | null; hash: Hash }[];
  /** SPDX expressions, or what the author wrote instead. */
  licences: readonly string[];
  /** Of its package URL, such as the platform it is for. */
  qualifiers: Readonly<Record<string, string>>;
}

/** A package with whatever else is known of it. */
export function lockedPackage(
  type: string,
  name: string,
  version: string | null,
  known: Partial<Omit<LockedPackage, "type" | "name" | "version">> = {},
): LockedPackage {
  return { type, name, version, scope: "required", hashes: [], files: [], licences: [], qualifiers: {}, ...known };
}

const algorithms: Record<string, { alg: Hash["alg"]; hexLength: number }> = {
  md5: { alg: "MD5", hexLength: 32 },
  sha1: { alg: "SHA-1", hexLength: 40 },
  sha256: { alg: "SHA-256", hexLength: 64 },
  sha384: { alg: "SHA-384", hexLength: 96 },
  sha512: { alg: "SHA-512", hexLength: 128 },
};

/** A hash in hex, such as `sha256` and 64 digits; null where it is none. */
export function hexHash(algorithm: string, hex: string): Hash | null {
  const known = algorithms[algorithm.toLowerCase()];
  const content = hex.toLowerCase();
  if (known === undefined || content.length !== known.hexLength || !/^[0-9a-f]+$/.test(content)) return null;
  return { alg: known.alg, content };
}

/** A hash in base64. */
export function base64Hash(algorithm: string, base64: string): Hash | null {
  return hexHash(algorithm, Buffer.from(base64, "base64").toString("hex"));
}

/** A hash as `sha256:<hex>`. */
export function prefixedHash(text: string): Hash | null {
  const colon = text.indexOf(":");
  return colon === -1 ? null : hexHash(text.slice(0, colon), text.slice(colon + 1));
}

/** The hashes of an integrity as browsers and npm write it: `sha512-<base64> sha1-<base64>`. Source: W3C, Subresource Integrity. */
export function integrityHashes(integrity: string | undefined): Hash[] {
  return (integrity ?? "").split(/\s+/).flatMap((part) => {
    const dash = part.indexOf("-");
    return (dash === -1 ? null : base64Hash(part.slice(0, dash), part.slice(dash + 1).split("?", 1)[0] ?? "")) ?? [];
  });
}
