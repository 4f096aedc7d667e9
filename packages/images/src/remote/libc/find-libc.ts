/** A C library that was found in a layer. */
export interface LibcFile {
  path: string;
  libc: "glibc" | "musl";
  /** Of glibc, such as `2.36`. */
  version: string | null;
}

/** What a layer says about C libraries: which ones it brings, and which paths of lower layers it takes away. */
export interface LibcFacts {
  found: readonly LibcFile[];
  /** A path with all below it; `opaque` spares the path itself and takes only what is below. */
  removed: readonly { path: string; opaque: boolean }[];
}

const muslLoader = /^(usr\/)?lib\/ld-musl-[^/]+\.so\.1$/;
// Directly in lib or lib64, below Debian's folder of a platform, or in Nix's store.
const glibcLibrary =
  /^((usr\/)?lib(64)?\/([^/]+-linux-gnu[^/]*\/)?|nix\/store\/[^/]+-glibc-[^/]+\/lib\/)libc(\.so\.6|-(\d+\.\d+)\.so)$/;
/** Below these lie all of them. */
const homes = new Set(["lib", "lib64", "usr", "nix"]);

/** Which C library a file of this name would be; null where it is none. */
export function libcOfPath(path: string): "glibc" | "musl" | null {
  return muslLoader.test(path) ? "musl" : glibcLibrary.test(path) ? "glibc" : null;
}

/** The version that a file name of old carries: `libc-2.31.so`. */
export function versionOfPath(path: string): string | null {
  return glibcLibrary.exec(path)?.[6] ?? null;
}

/** The version that glibc writes into its library: `GNU C Library (Debian GLIBC 2.36-9) stable release version 2.36.` */
export function versionInText(text: string): string | null {
  return /GNU C Library[^\n]{0,120}? version (\d+\.\d+)[^\d]/.exec(text)?.[1] ?? null;
}

/** What an OCI whiteout takes away, where a C library could be among it. Source: OCI image-spec, layer.md. */
export function removalOfPath(path: string): LibcFacts["removed"][number] | null {
  if (!homes.has(path.split("/", 1)[0]?.replace(/^\.wh\./, "") ?? "")) return null;
  const slash = path.lastIndexOf("/");
  const name = path.slice(slash + 1);
  if (!name.startsWith(".wh.")) return null;
  const folder = slash === -1 ? "" : path.slice(0, slash);
  if (name === ".wh..wh..opq") return { path: folder, opaque: true };
  return { path: folder === "" ? name.slice(4) : `${folder}/${name.slice(4)}`, opaque: false };
}

/** The C library of an image, from its layers' facts, the lowest first; null where programs have to bring their own, as in `scratch`. */
export function libcOfImage(layers: readonly LibcFacts[]): { libc: "glibc" | "musl" | null; glibc: string | null } {
  const files = new Map<string, LibcFile>();
  for (const { found, removed } of layers) {
    for (const path of files.keys())
      if (removed.some((gone) => path.startsWith(`${gone.path}/`) || (!gone.opaque && path === gone.path)))
        files.delete(path);
    for (const file of found) files.set(file.path, file);
  }
  const all = [...files.values()];
  // Where both are, musl is an addition for a few programs; Alpine's stand-ins for glibc do not count as one.
  const glibc = all.filter(({ libc }) => libc === "glibc");
  if (glibc.length > 0) return { libc: "glibc", glibc: glibc.find(({ version }) => version !== null)?.version ?? null };
  return { libc: all.length > 0 ? "musl" : null, glibc: null };
}
