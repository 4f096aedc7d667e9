import { describe, expect, test } from "vitest";
import type { MemoryFile } from "../../testing/memory-tree.ts";
import { commandOf, foundIn, packageJson, planOf, problemOf, servicesOf, stepsOf } from "../../testing/plan.ts";

const cargo = (more = "") => `[package]\nname = "shop"\nversion = "1.0.0"\n${more}`;
const lock = 'version = 4\n\n[[package]]\nname = "axum"\nsource = "registry"\n';
const build = (path: string, ...names: string[]) =>
  `app: cargo install --path ${path} --locked --root .berth --no-track ${names.map((name) => `--bin ${name}`).join(" ")}`;
const shop = { "Cargo.toml": cargo(), "Cargo.lock": lock, "src/main.rs": "" };

test("a package with one program is built with its lockfile and started on a slim Debian", async () => {
  const service = await planOf(shop);
  expect([stepsOf(service), commandOf(service)]).toEqual([[build(".", "shop")], "shop"]);
  expect(service.plan).toMatchObject({
    stack: "rust",
    base: { image: "docker.io/library/debian:bookworm-slim" },
    buildImage: { image: "docker.io/library/rust:1-bookworm" },
    tools: { rust: "1" },
    programs: [".berth/bin"],
    env: { SSL_CERT_FILE: "/berth/certificates/ca-certificates.crt" },
    contents: { dependencies: [], app: [".berth/bin"], support: ["certificates"] },
    steps: [{ caches: ["cargo"], network: true }],
  });
});

test.each<[string, Record<string, MemoryFile>, string, string]>([
  [
    "default-run",
    { "Cargo.toml": cargo('default-run = "two"'), "src/bin/one.rs": "", "src/bin/two/main.rs": "" },
    "two",
    "src/bin/two/main.rs",
  ],
  [
    "src/main.rs beside src/bin",
    { "Cargo.toml": cargo(), "src/main.rs": "", "src/bin/seed.rs": "" },
    "shop",
    "src/main.rs",
  ],
  [
    "the only one in src/bin",
    { "Cargo.toml": cargo(), "src/lib.rs": "", "src/bin/serve.rs": "" },
    "serve",
    "src/bin/serve.rs",
  ],
  [
    "[[bin]] with a path",
    { "Cargo.toml": cargo('[[bin]]\nname = "shopd"\npath = "src/main.rs"'), "src/main.rs": "" },
    "shopd",
    "src/main.rs",
  ],
  [
    "[[bin]] alone where autobins is off",
    { "Cargo.toml": cargo('autobins = false\n[[bin]]\nname = "web"'), "src/bin/web.rs": "", "src/bin/x.rs": "" },
    "web",
    "src/bin/web.rs",
  ],
  [
    "the one that needs no further features",
    {
      "Cargo.toml": cargo('[[bin]]\nname = "x"\nrequired-features = ["cli"]\n[features]\ndefault = []'),
      "src/bin/x.rs": "",
      "src/bin/y.rs": "",
    },
    "y",
    "src/bin/y.rs",
  ],
])("starts %s", async (_, files, name, from) => {
  const service = await planOf({ "Cargo.lock": lock, ...files });
  expect([stepsOf(service), commandOf(service)]).toEqual([[build(".", name)], name]);
  expect(foundIn(service).join("\n")).toMatch(new RegExp(`^starts ${name}.*\\(${from}\\)$`, "m"));
});

describe("a workspace", () => {
  const member = (name: string, more = "") => `[package]\nname = "${name}"\nversion.workspace = true\n${more}`;
  const workspace = {
    "Cargo.toml":
      '[workspace]\nmembers = ["crates/*"]\nexclude = ["crates/old"]\n[workspace.package]\nversion = "1.0.0"\nrust-version = "1.80"\n',
    "Cargo.lock": lock,
    "crates/core/Cargo.toml": member("core"),
    "crates/core/src/lib.rs": "",
    "crates/old/Cargo.toml": member("old"),
    "crates/old/src/main.rs": "",
    "crates/shopd/Cargo.toml": member("shopd", '[dependencies]\ncore = { path = "../core" }\n'),
    "crates/shopd/src/main.rs": "",
  };

  test("with one program builds that package", async () => {
    const service = await planOf(workspace);
    expect([stepsOf(service), commandOf(service)]).toEqual([[build("crates/shopd", "shopd")], "shopd"]);
    expect(foundIn(service)).toContain(
      "the newest Rust, for 1.80 is only the least it needs (Cargo.toml rust-version)",
    );
  });

  test("with several asks which, unless one is the default or has a usual name", async () => {
    const several = { ...workspace, "crates/cli/Cargo.toml": member("cli"), "crates/cli/src/main.rs": "" };
    expect((await problemOf(several)).message).toBe(
      "There are 2 programs, and nothing says which one to start: cli and shopd.",
    );
    const toml = workspace["Cargo.toml"].replace("[workspace]", '[workspace]\ndefault-members = ["crates/shopd"]');
    expect(commandOf(await planOf({ ...several, "Cargo.toml": toml }))).toBe("shopd");
    const api = { "crates/api/Cargo.toml": member("api"), "crates/api/src/main.rs": "" };
    expect(commandOf(await planOf({ ...several, ...api }))).toBe("api");
  });

  test("gives services the programs of their names, and builds each package once", async () => {
    const services = await servicesOf({
      ...workspace,
      "crates/jobs/Cargo.toml": member("jobs"),
      "crates/jobs/src/bin/worker.rs": "",
      "crates/jobs/src/bin/cleaner.rs": "",
      "berth.yaml": "services: { web: { command: ./target/release/shopd -v }, worker: , cleaner: }",
    });
    expect(services.map(commandOf)).toEqual(["shopd -v", "worker", "cleaner"]);
    expect(services.map(stepsOf)).toEqual(
      Array.from({ length: 3 }, () => [build("crates/jobs", "cleaner", "worker"), build("crates/shopd", "shopd")]),
    );
    expect(new Set(services.map(({ plan }) => JSON.stringify({ ...plan, findings: [] }))).size).toBe(1);
  });
});

test.each<[string, Record<string, MemoryFile>, string, string, string]>([
  [
    "rust-toolchain.toml",
    { "rust-toolchain.toml": '[toolchain]\nchannel = "1.88.0"\n' },
    "1.88.0",
    "1.88.0",
    "Rust 1.88.0 (rust-toolchain.toml)",
  ],
  ["rust-toolchain", { "rust-toolchain": "1.88\n" }, "1.88", "1.88", "Rust 1.88 (rust-toolchain)"],
  [
    "a channel of nightlies",
    { "rust-toolchain": "nightly-2026-01-01" },
    "nightly-2026-01-01",
    "1",
    "Rust nightly-2026-01-01 (rust-toolchain)",
  ],
  [
    "the stable channel",
    { "rust-toolchain.toml": '[toolchain]\nchannel = "stable"' },
    "1",
    "1",
    "Rust 1 (rust-toolchain.toml)",
  ],
  [".tool-versions", { ".tool-versions": "rust 1.87.0" }, "1.87.0", "1.87.0", "Rust 1.87.0 (.tool-versions)"],
  [
    "berth.yaml",
    { "berth.yaml": 'services: { web: { version: "1.86" } }' },
    "1.86",
    "1.86",
    "Rust 1.86 (berth.yaml version)",
  ],
  ["nothing", {}, "1", "1", "the newest Rust (the default)"],
])("takes the version from %s", async (_, files, version, tag, found) => {
  const service = await planOf({ ...shop, ...files });
  expect([service.plan.tools, service.plan.buildImage?.image]).toEqual([
    { rust: version },
    `docker.io/library/rust:${tag}-bookworm`,
  ]);
  expect(foundIn(service)).toContain(found);
});

test("a version of berth.yaml holds against the project's toolchain file", async () => {
  const { plan } = await planOf({
    ...shop,
    "rust-toolchain": "nightly",
    "berth.yaml": 'services: { web: { version: "1.90" } }',
  });
  expect(plan.steps[0]?.env).toEqual({ RUSTUP_TOOLCHAIN: "1.90" });
});

test("Rocket is told where to listen, also by a command of its own", async () => {
  const rocket = { ...shop, "Cargo.toml": cargo('[dependencies]\nrocket = { version = "0.5", features = ["json"] }') };
  const service = await planOf(rocket);
  expect([commandOf(service), service.plan.env["ROCKET_ADDRESS"]]).toEqual(["env ROCKET_PORT=$PORT shop", "0.0.0.0"]);
  const own = await planOf({ ...rocket, Procfile: "web: cargo run --release --bin shop -- --quiet" });
  expect(commandOf(own)).toBe("env ROCKET_PORT=$PORT shop --quiet");
});

test.each([
  ["openssl-sys", "buildpack-deps:bookworm-curl", "needs OpenSSL of the system (Cargo.lock openssl-sys)"],
  ["pq-sys", "buildpack-deps:bookworm", "needs libpq of the system (Cargo.lock pq-sys)"],
])("%s is linked to a library that its base has", async (crate, image, found) => {
  const service = await planOf({ ...shop, "Cargo.lock": `${lock}[[package]]\nname = "${crate}"\n` });
  expect(service.plan.base.image).toBe(`docker.io/library/${image}`);
  expect(foundIn(service)).toContain(found);
});

test("OpenSSL that is built along needs none of the system", async () => {
  const lockfile = `${lock}[[package]]\nname = "openssl-sys"\n[[package]]\nname = "openssl-src"\n`;
  expect((await planOf({ ...shop, "Cargo.lock": lockfile })).plan.base.image).toBe(
    "docker.io/library/debian:bookworm-slim",
  );
});

test.each<[string, Record<string, MemoryFile>, boolean]>([
  ["crates of the registry", {}, true],
  ["none but its own crates", { "Cargo.lock": 'version = 4\n[[package]]\nname = "shop"\n' }, false],
  [
    "vendored crates",
    { ".cargo/config.toml": '[source.crates-io]\nreplace-with = "v"\n[source.v]\ndirectory = "vendor"\n' },
    false,
  ],
])("a build with %s gets the network: %s", async (_, files, network) => {
  expect((await planOf({ ...shop, ...files })).plan.steps.map((step) => step.network)).toEqual([network]);
});

test("a missing lockfile is told", async () => {
  const service = await planOf({ "Cargo.toml": cargo(), "src/main.rs": "" });
  expect(stepsOf(service)).toEqual(["app: cargo install --path . --root .berth --no-track --bin shop"]);
  expect(foundIn(service)).toContain("no Cargo.lock: versions may differ from build to build; commit it (Cargo.toml)");
});

test("templates, static files and settings are in the image, sources are not", async () => {
  const files = {
    "templates/a.html": "",
    "Rocket.toml": "",
    "migrations/1.sql": "",
    "tests/a.json": "",
    "build.rs": "",
    "src/a.html": "",
  };
  const { plan } = await planOf({ ...shop, ...files });
  expect(plan.contents.app).toEqual([".berth/bin", "Rocket.toml", "migrations", "src", "templates"]);
});

test("a build of its own leaves its programs in the image", async () => {
  const yaml = "services: { web: { build: cargo build --release --features tls } }";
  const service = await planOf({ ...shop, "berth.yaml": yaml });
  expect(stepsOf(service)).toEqual(["app: cargo build --release --features tls"]);
  expect(service.plan.steps[0]?.env).toEqual({ CARGO_TARGET_DIR: "target" });
  expect(service.plan.programs).toContain("target/release");
  expect(service.plan.contents.app).toContain("target/release/shop");
  expect(commandOf(service)).toBe("shop");
});

test("Node comes before a crate that is a library of it", async () => {
  const addon = { "Cargo.toml": cargo('[lib]\ncrate-type = ["cdylib"]'), "src/lib.rs": "" };
  const service = await planOf({ ...addon, "package.json": packageJson({ scripts: { start: "node a.js" } }) });
  expect(service.plan.stack).toBe("node");
});

test.each<[string, Record<string, MemoryFile>, string, string]>([
  [
    "a library",
    { "Cargo.toml": cargo(), "src/lib.rs": "" },
    "Cargo.toml has no program: no src/main.rs, nothing in src/bin and no [[bin]].",
    "build:",
  ],
  [
    "a manifest that is no TOML",
    { "Cargo.toml": "[package\n" },
    "Cargo.toml is not valid TOML, in line 1.",
    "cargo metadata",
  ],
  [
    "a member without its workspace",
    { "Cargo.toml": cargo("edition.workspace = true"), "src/main.rs": "" },
    "Cargo.toml needs the workspace it belongs to, which is outside the service's folder.",
    "source:",
  ],
  [
    "a crate outside the service's folder",
    { "Cargo.toml": cargo('[dependencies]\nlib = { path = "../lib" }'), "src/main.rs": "" },
    "Cargo.toml needs ../lib, which is outside the service's folder.",
    "source:",
  ],
  [
    "a version that is none",
    { ...shop, "berth.yaml": "services: { web: { version: old } }" },
    '"old" is no version of Rust.',
    "1.90",
  ],
])("refuses %s", async (_, files, message, hint) => {
  const problem = await problemOf(files);
  expect(problem.message).toBe(message);
  expect(problem.hint).toContain(hint);
});
