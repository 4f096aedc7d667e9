import { describe, expect, it } from "vitest";
import { parseLockfiles } from "./parse-lockfiles.ts";

const sha512 = "ab".repeat(64);
const integrity = `sha512-${Buffer.from(sha512, "hex").toString("base64")}`;
const sha256 = "cd".repeat(32);
const base64Sha256 = Buffer.from(sha256, "hex").toString("base64");

/** Each package as `purl scope hashes`, for what is asked is what stands in the lockfile. */
async function read(path: string, text: string, beside: Record<string, string> = {}): Promise<string[]> {
  const { packages, unread } = await parseLockfiles([{ path, text, beside }]);
  expect(unread).toEqual([]);
  return packages.map(({ purl, name, scope, hashes, files, licences }) => {
    const sums = [...hashes, ...files.map(({ hash }) => hash)].map(
      ({ alg, content }) => `${alg}:${content.slice(0, 4)}`,
    );
    return [purl ?? name, scope, ...sums, ...licences].join(" ");
  });
}

describe("packages of Node", () => {
  it("come from package-lock.json of versions 2 and 3, without links and the project itself", async () => {
    const packages = {
      "": { name: "shop", dependencies: { a: "^1" } },
      "node_modules/a": { version: "1.0.0", integrity, license: "MIT" },
      "node_modules/a/node_modules/@s/b": { version: "2.0.0", integrity, dev: true },
      "node_modules/alias": { name: "c", version: "3.0.0", optional: true },
      "node_modules/inner": { link: true, resolved: "packages/inner" },
      "packages/inner": { version: "1.0.0" },
    };
    expect(await read("package-lock.json", JSON.stringify({ lockfileVersion: 3, packages }))).toEqual([
      "pkg:npm/%40s/b@2.0.0 excluded SHA-512:abab",
      "pkg:npm/a@1.0.0 required SHA-512:abab MIT",
      "pkg:npm/c@3.0.0 optional",
    ]);
  });

  it("come from package-lock.json of version 1, nested as they are", async () => {
    const dependencies = {
      a: { version: "1.0.0", integrity, dependencies: { b: { version: "2.0.0", dev: true } } },
      alias: { version: "npm:@s/c@3.0.0" },
      local: { version: "file:local" },
    };
    expect(await read("package-lock.json", JSON.stringify({ lockfileVersion: 1, dependencies }))).toEqual([
      "pkg:npm/%40s/c@3.0.0 required",
      "pkg:npm/a@1.0.0 required SHA-512:abab",
      "pkg:npm/b@2.0.0 excluded",
    ]);
  });

  it("come from pnpm-lock.yaml of version 9, where what is for development follows from who needs it", async () => {
    const text = `lockfileVersion: '9.0'
importers:
  .:
    dependencies:
      a: { specifier: ^1, version: 1.0.0(peer@4.0.0) }
      other: { specifier: 'npm:c@3', version: c@3.0.0 }
      inner: { specifier: 'workspace:*', version: 'link:packages/inner' }
    devDependencies:
      d: { specifier: ^1, version: 1.0.0 }
packages:
  '@s/b@2.0.0': { resolution: { integrity: ${integrity} } }
  a@1.0.0: { resolution: { integrity: ${integrity} } }
  c@3.0.0: { resolution: { integrity: ${integrity} } }
  d@1.0.0: { resolution: { integrity: ${integrity} } }
  peer@4.0.0: { resolution: { integrity: ${integrity} } }
snapshots:
  '@s/b@2.0.0': { optional: true }
  a@1.0.0(peer@4.0.0): { dependencies: { peer: 4.0.0 }, optionalDependencies: { '@s/b': 2.0.0 } }
  c@3.0.0: {}
  d@1.0.0: { dependencies: { c: 3.0.0 } }
  peer@4.0.0: {}
`;
    expect(await read("pnpm-lock.yaml", text)).toEqual([
      "pkg:npm/%40s/b@2.0.0 optional SHA-512:abab",
      "pkg:npm/a@1.0.0 required SHA-512:abab",
      "pkg:npm/c@3.0.0 required SHA-512:abab",
      "pkg:npm/d@1.0.0 excluded SHA-512:abab",
      "pkg:npm/peer@4.0.0 required SHA-512:abab",
    ]);
  });

  it("come from pnpm-lock.yaml of versions 5 and 6", async () => {
    const six = `lockfileVersion: '6.0'
packages:
  /@s/b@2.0.0(a@1.0.0): { resolution: { integrity: ${integrity} }, dev: false }
  /a@1.0.0: { resolution: { integrity: ${integrity} }, dev: true }
`;
    const five = `lockfileVersion: 5.4
packages:
  /@s/b/2.0.0_a@1.0.0: { resolution: { integrity: ${integrity} }, optional: true, dev: false }
  /a/1.0.0: { resolution: { integrity: ${integrity} }, dev: true }
`;
    expect(await read("pnpm-lock.yaml", six)).toEqual([
      "pkg:npm/%40s/b@2.0.0 required SHA-512:abab",
      "pkg:npm/a@1.0.0 excluded SHA-512:abab",
    ]);
    expect(await read("pnpm-lock.yaml", five)).toEqual([
      "pkg:npm/%40s/b@2.0.0 optional SHA-512:abab",
      "pkg:npm/a@1.0.0 excluded SHA-512:abab",
    ]);
  });

  const manifest = JSON.stringify({
    name: "shop",
    dependencies: { a: "^1" },
    devDependencies: { d: "^1", "@s/b": "*" },
  });

  it("come from yarn.lock of yarn 1", async () => {
    const text = `# yarn lockfile v1


"@s/b@*", "@s/b@^2.0.0":
  version "2.0.0"
  resolved "https://packages.example.org/b.tgz#${"0".repeat(40)}"

a@^1:
  version "1.0.0"
  integrity ${integrity}
  dependencies:
    "@s/b" "^2.0.0"

d@^1:
  version "1.5.0"

other@npm:real@^3:
  version "3.0.0"
`;
    expect(await read("yarn.lock", text, { "package.json": manifest })).toEqual([
      "pkg:npm/%40s/b@2.0.0 required SHA-1:0000",
      "pkg:npm/a@1.0.0 required SHA-512:abab",
      "pkg:npm/d@1.5.0 excluded",
      "pkg:npm/real@3.0.0 excluded",
    ]);
  });

  it("come from yarn.lock of later yarns, without the workspaces", async () => {
    const text = `__metadata:
  version: 8

"@s/b@npm:^2.0.0":
  version: 2.0.0
  resolution: "@s/b@npm:2.0.0"
  checksum: 10c0/${sha512}

"a@npm:^1":
  version: 1.0.0
  resolution: "a@npm:1.0.0"
  dependencies:
    "@s/b": "npm:^2.0.0"

"d@npm:^1":
  version: 1.5.0
  resolution: "d@npm:1.5.0"

"shop@workspace:.":
  version: 0.0.0-use.local
  resolution: "shop@workspace:."
`;
    expect(await read("yarn.lock", text, { "package.json": manifest })).toEqual([
      "pkg:npm/%40s/b@2.0.0 required",
      "pkg:npm/a@1.0.0 required",
      "pkg:npm/d@1.5.0 excluded",
    ]);
  });

  it("come from bun.lock, found from the place that asks for them", async () => {
    const text = `{
  "lockfileVersion": 1,
  "workspaces": { "": { "name": "shop", "dependencies": { "a": "^1" }, "devDependencies": { "d": "^1" }, }, },
  "packages": {
    "a": ["a@1.0.0", "", { "dependencies": { "b": "^2" } }, "${integrity}"],
    "a/b": ["b@2.0.0", "", {}, "${integrity}"],
    "b": ["b@1.0.0", "", {}, "${integrity}"],
    "d": ["d@1.5.0", "", { "dependencies": { "b": "^1, ]" } }, "${integrity}"],
  },
}`;
    expect(await read("bun.lock", text)).toEqual([
      "pkg:npm/a@1.0.0 required SHA-512:abab",
      "pkg:npm/b@1.0.0 excluded SHA-512:abab",
      "pkg:npm/b@2.0.0 required SHA-512:abab",
      "pkg:npm/d@1.5.0 excluded SHA-512:abab",
    ]);
  });
});

describe("packages of Python", () => {
  it("come from requirements.txt and what it includes; what is not pinned has no version", async () => {
    const text = `-r requirements/base.txt
-r requirements.txt  # itself
Flask[async] == 3.0.0 ; python_version > "3.8" \\
    --hash=sha256:${sha256}
jinja2>=3   # any
--index-url https://packages.example.org/simple
`;
    const beside = { "requirements/base.txt": "Typing_Extensions==4.1.0\n-r ../requirements.txt\n" };
    expect(await read("requirements.txt", text, beside)).toEqual([
      "pkg:pypi/flask@3.0.0 required SHA-256:cdcd",
      "pkg:pypi/jinja2 required",
      "pkg:pypi/typing-extensions@4.1.0 required",
    ]);
  });

  it("come from uv.lock", async () => {
    const text = `version = 1

[[package]]
name = "shop"
version = "0.1.0"
source = { virtual = "." }
dependencies = [{ name = "flask" }]

[package.dev-dependencies]
dev = [{ name = "pytest" }]

[[package]]
name = "flask"
version = "3.0.0"
source = { registry = "https://packages.example.org/simple" }
sdist = { url = "https://packages.example.org/flask-3.0.0.tar.gz", hash = "sha256:${sha256}", size = 1 }

[[package]]
name = "pytest"
version = "9.0.0"
source = { registry = "https://packages.example.org/simple" }
`;
    expect(await read("uv.lock", text)).toEqual([
      "pkg:pypi/flask@3.0.0 required SHA-256:cdcd",
      "pkg:pypi/pytest@9.0.0 excluded",
    ]);
  });

  it("come from poetry.lock and Pipfile.lock", async () => {
    const poetry = `[[package]]
name = "flask"
version = "3.0.0"
optional = false
groups = ["main", "dev"]
files = [{ file = "flask-3.0.0.tar.gz", hash = "sha256:${sha256}" }]

[[package]]
name = "pytest"
version = "9.0.0"
groups = ["dev"]
files = []

[[package]]
name = "orjson"
version = "3.0.0"
optional = true
files = []
`;
    expect(await read("poetry.lock", poetry)).toEqual([
      "pkg:pypi/flask@3.0.0 required SHA-256:cdcd",
      "pkg:pypi/orjson@3.0.0 optional",
      "pkg:pypi/pytest@9.0.0 excluded",
    ]);
    const pipfile = {
      default: { flask: { version: "==3.0.0", hashes: [`sha256:${sha256}`] } },
      develop: { pytest: { version: "==9.0.0" } },
    };
    expect(await read("Pipfile.lock", JSON.stringify(pipfile))).toEqual([
      "pkg:pypi/flask@3.0.0 required SHA-256:cdcd",
      "pkg:pypi/pytest@9.0.0 excluded",
    ]);
  });
});

describe("packages of compiled languages", () => {
  it("come from go.mod, as it replaces them, with the sums of go.sum", async () => {
    const text = `module example.org/shop

go 1.22

require (
	github.com/go-chi/chi/v5 v5.2.0
	example.org/inner v1.0.0 // indirect
	example.org/forked v1.0.0
)
require "golang.org/x/text" v0.3.0
replace example.org/inner => ./inner
replace example.org/forked v1.0.0 => example.org/fork v1.0.1
`;
    const sums = `github.com/go-chi/chi/v5 v5.2.0 h1:${base64Sha256}\ngithub.com/go-chi/chi/v5 v5.2.0/go.mod h1:${base64Sha256}\n`;
    expect(await read("go.mod", text, { "go.sum": sums })).toEqual([
      "pkg:golang/example.org/fork@v1.0.1 required",
      "pkg:golang/github.com/go-chi/chi/v5@v5.2.0 required SHA-256:cdcd",
      "pkg:golang/golang.org/x/text@v0.3.0 required",
    ]);
  });

  it("come from Cargo.lock, without the crates of the repository", async () => {
    const text = `version = 4

[[package]]
name = "shop"
version = "0.1.0"

[[package]]
name = "serde"
version = "1.0.0"
source = "registry+https://packages.example.org/index"
checksum = "${sha256}"
`;
    expect(await read("Cargo.lock", text)).toEqual(["pkg:cargo/serde@1.0.0 required SHA-256:cdcd"]);
  });

  it("come from gradle.lockfile and packages.lock.json", async () => {
    const gradle = `# a comment
org.slf4j:slf4j-api:2.0.0=compileClasspath,runtimeClasspath
org.junit:junit:5.0.0=testCompileClasspath,testRuntimeClasspath
empty=annotationProcessor
`;
    expect(await read("gradle.lockfile", gradle)).toEqual([
      "pkg:maven/org.junit/junit@5.0.0 excluded",
      "pkg:maven/org.slf4j/slf4j-api@2.0.0 required",
    ]);
    const nuget = {
      dependencies: {
        "net8.0": {
          "Newtonsoft.Json": { type: "Direct", resolved: "13.0.1", contentHash: integrity.slice("sha512-".length) },
          inner: { type: "Project" },
        },
      },
    };
    expect(await read("src/Shop/packages.lock.json", JSON.stringify(nuget))).toEqual([
      "pkg:nuget/Newtonsoft.Json@13.0.1 required SHA-512:abab",
    ]);
  });

  it("come from pom.xml as they are declared", async () => {
    const text = `<?xml version="1.0"?>
<project xmlns="http://maven.apache.org/POM/4.0.0">
  <groupId>org.example</groupId><version>1.0.0</version>
  <properties><gson.version>2.10</gson.version></properties>
  <dependencyManagement><dependencies>
    <dependency><groupId>org.slf4j</groupId><artifactId>slf4j-api</artifactId><version>2.0.0</version></dependency>
  </dependencies></dependencyManagement>
  <dependencies>
    <dependency><groupId>com.google</groupId><artifactId>gson</artifactId><version>\${gson.version}</version></dependency>
    <dependency><groupId>org.slf4j</groupId><artifactId>slf4j-api</artifactId></dependency>
    <dependency><groupId>\${project.groupId}</groupId><artifactId>web</artifactId></dependency>
    <dependency><groupId>junit</groupId><artifactId>junit</artifactId><version>4</version><scope>test</scope></dependency>
  </dependencies>
</project>`;
    expect(await read("pom.xml", text)).toEqual([
      "pkg:maven/com.google/gson@2.10 required",
      "pkg:maven/junit/junit@4 excluded",
      "pkg:maven/org.example/web required",
      "pkg:maven/org.slf4j/slf4j-api@2.0.0 required",
    ]);
  });
});

describe("packages of other languages", () => {
  it("come from Gemfile.lock", async () => {
    const text = `PATH
  remote: inner
  specs:
    inner (0.1.0)

GEM
  remote: https://gems.example.org/
  specs:
    nokogiri (1.16.0-x86_64-linux)
      racc (~> 1.4)
    racc (1.7.3)

DEPENDENCIES
  nokogiri

CHECKSUMS
  racc (1.7.3) sha256=${sha256}
`;
    expect(await read("Gemfile.lock", text)).toEqual([
      "pkg:gem/nokogiri@1.16.0?platform=x86_64-linux required",
      "pkg:gem/racc@1.7.3 required SHA-256:cdcd",
    ]);
  });

  it("come from composer.lock", async () => {
    const lock = {
      packages: [{ name: "slim/slim", version: "v4.1.0", license: ["MIT", "BSD-3-Clause"], dist: { shasum: "" } }],
      "packages-dev": [{ name: "phpunit/phpunit", version: "11.0.0" }],
    };
    expect(await read("composer.lock", JSON.stringify(lock))).toEqual([
      "pkg:composer/phpunit/phpunit@11.0.0 excluded",
      "pkg:composer/slim/slim@4.1.0 required MIT OR BSD-3-Clause",
    ]);
  });

  it("come from deno.lock", async () => {
    const lock = {
      version: "4",
      jsr: { "@std/path@1.0.0": { integrity: sha256 } },
      npm: { "snake_case@5.0.0_peer@1.0.0": { integrity } },
      remote: { "https://example.org/x/mod.ts": sha256 },
    };
    expect(await read("deno.lock", JSON.stringify(lock))).toEqual([
      "example.org/x/mod.ts required SHA-256:cdcd",
      "pkg:jsr/%40std/path@1.0.0 required SHA-256:cdcd",
      "pkg:npm/snake_case@5.0.0 required SHA-512:abab",
    ]);
    const older = { version: "3", packages: { npm: { "chalk@5.0.0": { integrity } }, jsr: {} } };
    expect(await read("deno.lock", JSON.stringify(older))).toEqual(["pkg:npm/chalk@5.0.0 required SHA-512:abab"]);
  });

  it("come from mix.lock", async () => {
    const text = `%{
  "phoenix": {:hex, :phoenix, "1.7.10", "${"0".repeat(64)}", [:mix], [{:jason, "~> 1.0", [hex: :jason, repo: "hexpm"]}], "hexpm", "${sha256}"},
  "inner": {:git, "https://example.org/inner.git", "abc", []},
}
`;
    expect(await read("mix.lock", text)).toEqual(["pkg:hex/phoenix@1.7.10 required SHA-256:cdcd"]);
  });
});

describe("several lockfiles", () => {
  it("give each package once, with the strongest scope and all that name it", async () => {
    const lock = (dev: boolean) => JSON.stringify({ packages: { "node_modules/a": { version: "1.0.0", dev } } });
    const { packages } = await parseLockfiles([
      { path: "package-lock.json", text: lock(true), beside: {} },
      { path: "web/package-lock.json", text: lock(false), beside: {} },
    ]);
    expect(packages).toMatchObject([{ scope: "required", from: ["package-lock.json", "web/package-lock.json"] }]);
  });

  it("count though one of them cannot be read, which is told", async () => {
    const { packages, unread } = await parseLockfiles([
      { path: "package-lock.json", text: "<<<<<<< HEAD", beside: {} },
      { path: "pom.xml", text: "<project><dependencies>", beside: {} },
      { path: "Cargo.lock", text: "[[package", beside: {} },
      { path: "composer.lock", text: '{"packages":[{"name":"a/b","version":"1"}]}', beside: {} },
    ]);
    expect(packages).toHaveLength(1);
    expect(unread.map(({ path }) => path)).toEqual(["package-lock.json", "pom.xml", "Cargo.lock"]);
    expect(unread.every(({ reason }) => reason.length > 5)).toBe(true);
  });
});
