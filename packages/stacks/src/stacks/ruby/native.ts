import type { Finding } from "@berth/core";
import type { Gems } from "./gems.ts";

/** Gems that load a library which slim images do not have, and what to do. */
const needs: readonly [string, string][] = [
  ["mysql2", "mysql2 needs MariaDB's client library, which the image lacks: trilogy needs none"],
  ["rmagick", "rmagick needs ImageMagick, which the image lacks: name a base that has it with `base:`"],
  ["mini_magick", "mini_magick calls ImageMagick, which the image lacks: name a base that has it with `base:`"],
  ["ruby-vips", "ruby-vips loads libvips, which the image lacks: name a base that has it with `base:`"],
  ["charlock_holmes", "charlock_holmes needs ICU, which the image lacks: name a base that has it with `base:`"],
];

/** What to expect of gems that need more than Ruby. */
export function nativeFindings({ versions, file, text }: Gems): Finding[] {
  const pg = versions.get("pg");
  const [major = 0, minor = 0] = (pg ?? "").split(".").map(Number);
  // From 1.6 on it comes compiled, with the library inside.
  const isBare = pg != null && (major < 1 || (major === 1 && minor < 6));
  const named = (gem: string) => new RegExp(`["']${gem}["']`).test(text);
  return [
    ...(isBare ? [{ what: "pg needs libpq, which the image lacks: pg 1.6 brings its own", from: file }] : []),
    ...needs.filter(([gem]) => named(gem)).map(([, what]) => ({ what, from: file })),
  ];
}
