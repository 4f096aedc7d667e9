import { commandFromText, ownCommand, type BuildStep, type Finding, type TreeView } from "@berth/core";
import { assetBuilds } from "../../assets.ts";
import { choosePrograms } from "../../programs.ts";
import { shippedFinding, shippedPaths, withMade } from "../../shipped.ts";
import { buildTimeoutMs, refuse, refuseOutput, type Hints, type Stack, type StackResult } from "../../stack.ts";
import { certificateEnv } from "../../support/certificates.ts";
import { toolVersionFiles } from "../../tool-versions.ts";
import { findNativeBase } from "./native.ts";
import { rustCommand, startProgram } from "./rust-command.ts";
import { findPrograms, type RustProgram } from "./programs.ts";
import { findRustVersion, readRustVersion } from "./rust-version.ts";
import { outsideCrate, readCrates, type CargoSource } from "./workspace.ts";

const binFolder = ".berth/bin";

/** Programs of Rust, of every package of a workspace. */
export const rust: Stack = {
  name: "rust",
  reads: (path) =>
    /^(Cargo\.lock|rust-toolchain(\.toml)?|\.cargo\/config(\.toml)?|package\.json|[^/]+\/package\.json)$/.test(path) ||
    (/(^|\/)Cargo\.toml$/.test(path) && !/(^|\/)(vendor|target|node_modules)\//.test(path)) ||
    toolVersionFiles.test(path),
  detect(tree) {
    if (!tree.has("Cargo.toml")) return null;
    const read = readCrates(tree);
    // What is wrong with it is told by the plan.
    const isProgram = !read.ok || findPrograms(tree, read.source).length > 0;
    return isProgram ? { what: "Rust", from: "Cargo.toml" } : null;
  },
  plan: planRust,
  command(text, tree) {
    const read = readCrates(tree);
    return rustCommand(text, read.ok ? findPrograms(tree, read.source) : [], tree);
  },
};

function planRust(tree: TreeView, hints: Hints): StackResult {
  if (!tree.has("Cargo.toml"))
    return refuse("There is no Cargo.toml.", "Cargo.toml", "Correct `stack:` or `source:` in berth.yaml.");
  const read = readCrates(tree);
  if (!read.ok) return read;
  const { source } = read;
  const problem = findProblem(source, hints);
  if (problem !== null) return problem;
  const programs = findPrograms(tree, source);
  if (programs.length === 0 && (hints.build === null || hints.commandFrom === null)) {
    return refuse(
      "Cargo.toml has no program: no src/main.rs, nothing in src/bin and no [[bin]].",
      "Cargo.toml",
      "Name the folder of the package with `source:`, or say how to build and start it with `build:` and `command:`.",
    );
  }
  const chosen = choosePrograms(programs, hints, source.root.package === null ? [] : [source.root.package.name]);
  if (!chosen.ok) return chosen;
  const built = programs.filter((program) => chosen.built.includes(program));
  const startOf = (program: { name: string } | null) =>
    startProgram(programs.find(({ name }) => name === program?.name));
  const version = findRustVersion(tree, source, hints.version);
  const native = findNativeBase(tree.read("Cargo.lock"));
  const shipped = shippedPaths(tree, isRustSource);
  const own = hints.build === null ? null : ownBuild(hints.build, programs);
  const toolchain: Record<string, string> = hints.version === null ? {} : { RUSTUP_TOOLCHAIN: version.version };
  const steps = (own === null ? buildSteps(tree, built) : [own.step]).map((step) => ({
    ...step,
    env: { ...step.env, ...toolchain },
  }));
  const { main, started } = chosen;
  return {
    ok: true,
    plan: {
      stack: "rust",
      findings: [
        version.finding,
        ...sourceFindings(tree, source),
        ...native.findings,
        ...assetBuilds(tree),
        ...(own === null ? [] : [{ what: "a build of its own", from: "berth.yaml build" }]),
        ...(hints.commandFrom === null ? [] : [{ what: ownCommand, from: hints.commandFrom }]),
        ...chosen.findings,
        shippedFinding(shipped, "Rust"),
      ],
      // Bookworm on both sides: a program must find a C library at least as new as the one it was linked to.
      base: { image: native.image, digest: null },
      buildImage: { image: `docker.io/library/rust:${version.tag}-bookworm`, digest: null },
      dockerfile: null,
      tools: { rust: version.version },
      steps,
      contents: { dependencies: [], app: withMade(shipped, own?.made ?? [binFolder]), support: ["certificates"] },
      command: startOf(main),
      env: {
        ...certificateEnv,
        ...(programs.some(({ usesRocket }) => usesRocket) ? { ROCKET_ADDRESS: "0.0.0.0" } : {}),
      },
      programs: own?.programs ?? [binFolder],
      writable: [],
    },
    ...(started === null || started === main ? {} : { processes: { [hints.service]: startOf(started) } }),
  };
}

function findProblem(source: CargoSource, hints: Hints) {
  if (hints.version !== null && readRustVersion(hints.version) === null) {
    return refuse(
      `${JSON.stringify(hints.version)} is no version of Rust.`,
      "berth.yaml",
      'Write it as in `version: "1.90"` or `version: 1.90.0`.',
    );
  }
  const unserved = refuseOutput(hints, "a program in Rust");
  if (unserved !== null) return unserved;
  const outside = outsideCrate(source);
  if (outside === null) return null;
  return refuse(
    `${outside.from} needs ${outside.what}, which is outside the service's folder.`,
    outside.from,
    "Let `source:` be the folder of the workspace, and choose the program with `command:`.",
  );
}

/** One step for each package: `cargo install` builds in release mode and puts exactly the programs where they belong. */
function buildSteps(tree: TreeView, programs: readonly RustProgram[]): BuildStep[] {
  const locked = tree.has("Cargo.lock") ? ["--locked"] : [];
  const crates = [...new Set(programs.map(({ crate }) => crate))];
  return crates.map((crate) => {
    const names = programs.filter((program) => program.crate === crate).map(({ name }) => name);
    const bins = names.flatMap((name) => ["--bin", name]);
    return {
      name: crates.length === 1 ? "build" : `build ${names[0]}`,
      layer: "app",
      inputs: "all",
      command: { argv: ["cargo", "install", "--path", crate, ...locked, "--root", ".berth", "--no-track", ...bins] },
      env: {},
      caches: ["cargo"],
      network: needsNetwork(tree),
      timeoutMs: buildTimeoutMs,
    };
  });
}

function needsNetwork(tree: TreeView): boolean {
  const config = tree.read(".cargo/config.toml") ?? tree.read(".cargo/config") ?? "";
  const isVendored = /^\s*replace-with\s*=/m.test(config) && /^\s*directory\s*=/m.test(config);
  const lockfile = tree.read("Cargo.lock");
  return !isVendored && (lockfile === undefined || /^source = /m.test(lockfile) || tree.has("rust-toolchain.toml"));
}

/** What berth.yaml builds with lies where Cargo puts it, for the cache's folder is in no image. */
function ownBuild(text: string, programs: readonly RustProgram[]) {
  const step: BuildStep = {
    name: "build",
    layer: "app",
    inputs: "all",
    command: commandFromText(text),
    env: { CARGO_TARGET_DIR: "target" },
    caches: ["cargo"],
    network: true,
    timeoutMs: buildTimeoutMs,
  };
  const made = [binFolder, "bin", "dist", ...programs.map(({ name }) => `target/release/${name}`)];
  return { step, made, programs: [binFolder, "target/release", "bin", "."] };
}

/** What only the compiler reads. */
function isRustSource(path: string): boolean {
  return /\.rs$|(^|\/)(Cargo\.(toml|lock)|(rust-toolchain|rustfmt|clippy|\.rustfmt|\.clippy|deny)(\.toml)?)$|^(\.cargo|\.sqlx|target|vendor|benches|tests)\//.test(
    path,
  );
}

function sourceFindings(tree: TreeView, { crates }: CargoSource): Finding[] {
  const leptos = crates.find(({ package: own }) => own.metadata.includes("leptos"));
  return [
    ...(tree.has("Cargo.lock")
      ? []
      : [{ what: "no Cargo.lock: versions may differ from build to build; commit it", from: "Cargo.toml" }]),
    ...(leptos === undefined
      ? []
      : [
          {
            what: "Leptos builds its site with cargo-leptos, which is not run: use a Dockerfile",
            from: "Cargo.toml package.metadata.leptos",
          },
        ]),
  ];
}
