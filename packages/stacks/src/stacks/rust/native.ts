import type { Finding } from "@berth/core";

/** A base that has what a program is linked to, and why. */
export interface NativeBase {
  image: string;
  findings: Finding[];
}

const slim = "docker.io/library/debian:bookworm-slim";
/** Crates that link to a library of the system, unless another crate brings its source; and the smallest official image that has it. */
const links: readonly { crate: string; source: string | null; library: string; image: string }[] = [
  { crate: "pq-sys", source: "pq-src", library: "libpq", image: "docker.io/library/buildpack-deps:bookworm" },
  {
    crate: "mysqlclient-sys",
    source: "mysqlclient-src",
    library: "libmysqlclient",
    image: "docker.io/library/buildpack-deps:bookworm",
  },
  {
    crate: "openssl-sys",
    source: "openssl-src",
    library: "OpenSSL",
    image: "docker.io/library/buildpack-deps:bookworm-curl",
  },
  {
    crate: "curl-sys",
    source: "openssl-src",
    library: "libcurl",
    image: "docker.io/library/buildpack-deps:bookworm-curl",
  },
];

/** The base for a program with these locked crates: a slim Debian where nothing of the system is needed. */
export function findNativeBase(lockfile: string | undefined): NativeBase {
  const crates = new Set([...(lockfile ?? "").matchAll(/^name = "([^"]+)"/gm)].map((match) => match[1]!));
  const needed = links.filter(({ crate, source }) => crates.has(crate) && (source === null || !crates.has(source)));
  const [first] = needed;
  if (first === undefined) return { image: slim, findings: [] };
  const findings = needed.map(({ crate, library }) => ({
    what: `needs ${library} of the system`,
    from: `Cargo.lock ${crate}`,
  }));
  return { image: first.image, findings };
}
