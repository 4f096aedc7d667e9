import { execFileSync } from "node:child_process";
import { realpathSync } from "node:fs";
import { basename } from "node:path";

/** Files of this machine, and where they go in the image. */
export type HostFiles = readonly { host: string; path: string }[];

/** What every Linux with glibc has itself. */
const ofTheSystem = /^(linux-vdso|ld-linux|libc|libm|libdl|librt|libpthread|libresolv)[.-]/;

/**
 * Git of this machine: the program and the libraries that it needs. What the server asks of git is all in that one program. Libraries go where
 * the loader looks last, so that the base's own come first.
 */
export function findGit(program: string): HostFiles {
  const file = realpathSync(program);
  const libraries = librariesOf(execFileSync("ldd", [file], { encoding: "utf8" }));
  return [
    { host: file, path: "usr/bin/git" },
    ...libraries.map((library) => ({ host: realpathSync(library), path: `usr/lib/${basename(library)}` })),
  ];
}

/** From what `ldd` prints: the paths of libraries that a base may lack. */
export function librariesOf(printed: string): string[] {
  return [...printed.matchAll(/^\s*(\S+) => (\/\S+)/gm)].flatMap(([, name = "", file = ""]) =>
    ofTheSystem.test(name) ? [] : [file],
  );
}
