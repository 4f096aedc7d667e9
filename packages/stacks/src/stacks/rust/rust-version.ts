import { parse } from "smol-toml";
import type { Finding, TreeView } from "@berth/core";
import { findToolVersion, firstLine } from "../../tool-versions.ts";
import type { CargoSource } from "./workspace.ts";

/** The newest of the only line there is. */
export const defaultRust = "1";

export interface RustVersion {
  /** `1` (the newest), `1.79`, `1.79.0`, or a channel such as `nightly-2026-01-01`. */
  version: string;
  /** The tag of Rust's image; a channel is brought by rustup, by the project's own file. */
  tag: string;
  finding: Finding;
}

/** The toolchain that the project asks for: berth.yaml, rust-toolchain, version files; what Cargo.toml says is only the oldest it may be. */
export function findRustVersion(tree: TreeView, source: CargoSource, hint: string | null): RustVersion {
  const tool = findToolVersion(tree, ["rust"]);
  const sources: [string, string | null][] = [
    ["berth.yaml version", hint],
    ["rust-toolchain.toml", channelOf(tree.read("rust-toolchain.toml"))],
    ["rust-toolchain", channelOf(tree.read("rust-toolchain"))],
    [tool?.from ?? "", tool?.text ?? null],
  ];
  for (const [from, text] of sources) {
    const version = text === null ? null : readRustVersion(text);
    if (version !== null) return { version, tag: tagOf(version), finding: { what: `Rust ${version}`, from } };
  }
  const oldest = source.root.package?.rustVersion ?? source.root.workspace?.rustVersion ?? null;
  const what = oldest === null ? "the newest Rust" : `the newest Rust, for ${oldest} is only the least it needs`;
  const finding = { what, from: oldest === null ? "the default" : "Cargo.toml rust-version" };
  return { version: defaultRust, tag: defaultRust, finding };
}

/** Reads `1.79`, `1.79.0`, `stable`, `nightly-2026-01-01`, `beta`; null for nonsense. */
export function readRustVersion(text: string): string | null {
  const asked = text.trim().replace(/-(x86_64|aarch64|i686|armv7)-.*$/, "");
  if (/^(stable|latest)$/.test(asked)) return defaultRust;
  if (/^1(\.\d+){0,2}$/.test(asked)) return asked;
  return /^(nightly|beta)(-\d{4}-\d{2}-\d{2})?$/.test(asked) ? asked : null;
}

function tagOf(version: string): string {
  return /^\d/.test(version) ? version : defaultRust;
}

/** The channel of a toolchain file: TOML, or in the old form only its name. */
function channelOf(text: string | undefined): string | null {
  if (text === undefined) return null;
  if (!text.includes("=")) return firstLine(text);
  try {
    const { toolchain } = parse(text);
    const isTable = typeof toolchain === "object" && "channel" in toolchain;
    return isTable && typeof toolchain["channel"] === "string" ? toolchain["channel"] : null;
  } catch {
    return null;
  }
}
