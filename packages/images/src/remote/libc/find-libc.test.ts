import { describe, expect, it, test } from "vitest";
import { libcOfImage, libcOfPath, removalOfPath, versionInText, versionOfPath } from "./find-libc.ts";

test.each([
  ["lib/ld-musl-x86_64.so.1", "musl"],
  ["usr/lib/ld-musl-aarch64.so.1", "musl"],
  ["usr/lib/x86_64-linux-gnu/libc.so.6", "glibc"],
  ["lib/aarch64-linux-gnu/libc-2.31.so", "glibc"],
  ["lib/arm-linux-gnueabihf/libc.so.6", "glibc"],
  ["lib64/libc.so.6", "glibc"],
  ["usr/lib64/libc.so.6", "glibc"],
  ["lib/libc.so.6", "glibc"],
  ["nix/store/abc-glibc-2.40-66/lib/libc.so.6", "glibc"],
  ["opt/other/lib/libc.so.6", null],
  ["usr/lib32/libc.so.6", null],
  ["lib/libc.so", null],
  ["usr/share/doc/libc-2.31.so", null],
])("%s would be of %s", (path, libc) => {
  expect(libcOfPath(path)).toBe(libc);
});

test("the version is in the library, or of old in its name", () => {
  expect(versionInText("\0GNU C Library (Debian GLIBC 2.36-9+deb12u13) stable release version 2.36.\nCopyright")).toBe(
    "2.36",
  );
  expect(versionInText("GNU C Library (GNU libc) development release version 2.38.9000.\n")).toBe("2.38");
  expect(versionInText("GNU C Library (GNU libc) stable release version 2.3")).toBeNull();
  expect(versionInText("musl libc (x86_64)\nVersion 1.2.5")).toBeNull();
  expect(versionOfPath("lib/x86_64-linux-gnu/libc-2.31.so")).toBe("2.31");
  expect(versionOfPath("lib/x86_64-linux-gnu/libc.so.6")).toBeNull();
});

describe("an image", () => {
  const glibc = { path: "lib/libc.so.6", libc: "glibc", version: "2.36" } as const;
  const musl = { path: "lib/ld-musl-x86_64.so.1", libc: "musl", version: null } as const;

  it("has no C library where no layer brings one", () => {
    expect(libcOfImage([])).toEqual({ libc: null, glibc: null });
    expect(libcOfImage([{ found: [], removed: [] }])).toEqual({ libc: null, glibc: null });
  });

  it("has the one of the upper layer", () => {
    const newer = { ...glibc, version: "2.41" };
    expect(
      libcOfImage([
        { found: [glibc], removed: [] },
        { found: [newer], removed: [] },
      ]).glibc,
    ).toBe("2.41");
  });

  it("has glibc where musl is an addition", () => {
    expect(libcOfImage([{ found: [musl, glibc], removed: [] }])).toEqual({ libc: "glibc", glibc: "2.36" });
    expect(libcOfImage([{ found: [musl], removed: [] }])).toEqual({ libc: "musl", glibc: null });
  });

  test.each(["lib/.wh.libc.so.6", ".wh.lib", "lib/.wh..wh..opq"])("has none after %s", (whiteout) => {
    const removal = removalOfPath(whiteout);
    expect(removal).not.toBeNull();
    const removed = removal === null ? [] : [removal];
    expect(
      libcOfImage([
        { found: [glibc], removed: [] },
        { found: [], removed },
      ]).libc,
    ).toBeNull();
    // What the same layer brings is not taken away by it.
    expect(
      libcOfImage([
        { found: [], removed: [] },
        { found: [glibc], removed },
      ]).libc,
    ).toBe("glibc");
  });

  it("keeps it where something else is taken away", () => {
    expect(removalOfPath("etc/.wh.passwd")).toBeNull();
    expect(removalOfPath("lib/libc.so.6")).toBeNull();
    const removed = [removalOfPath("lib/.wh.libc.so")].filter((one) => one !== null);
    expect(
      libcOfImage([
        { found: [glibc], removed: [] },
        { found: [], removed },
      ]).libc,
    ).toBe("glibc");
  });
});
