import { expect, it } from "vitest";
import { registrySettings } from "./registry-files.ts";
import { goVariables, registryVariables } from "./registry-variables.ts";

it("passes on how packages are reached, and no login", () => {
  const env = {
    HTTPS_PROXY: "http://user:secret@proxy:3128",
    PIP_INDEX_URL: "https://me:secret@pypi.example/simple",
    npm_config_registry: "https://npm.example/",
    "npm_config_//npm.example/:_authToken": "secret",
    NPM_CONFIG__AUTH: "secret",
    npm_config_prefix: "/usr",
    CARGO_REGISTRIES_OURS_INDEX: "sparse+https://cargo.example/",
    CARGO_REGISTRIES_OURS_TOKEN: "secret",
    GOPROXY: "https://go.example,direct",
    DATABASE_URL: "postgres://secret",
    PATH: "/usr/bin",
  };
  expect(registryVariables(env)).toEqual({
    HTTPS_PROXY: "http://proxy:3128",
    PIP_INDEX_URL: "https://pypi.example/simple",
    npm_config_registry: "https://npm.example/",
    CARGO_REGISTRIES_OURS_INDEX: "sparse+https://cargo.example/",
    GOPROXY: "https://go.example,direct",
  });
});

it("reads what Go was told to remember", () => {
  expect(goVariables("GOFLAGS=-buildvcs=false\nGOPROXY=https://a:b@go.example\nGOBIN=/x\n")).toEqual({
    GOFLAGS: "-buildvcs=false",
    GOPROXY: "https://go.example",
  });
});

it("lays out settings files without what is nobody's business", () => {
  const files: Record<string, string> = {
    ".npmrc":
      "registry=https://npm.example/\n@ours:registry=https://ours.example/\n//ours.example/:_authToken=secret\nprefix=/x\n",
    ".yarnrc.yml": 'npmRegistryServer: "https://npm.example"\nnpmAuthToken: secret\n',
    ".pip/pip.conf": "[global]\nindex-url = https://me:secret@pypi.example/simple\n",
    ".cargo/config.toml": '[source.crates-io]\nreplace-with = "ours"\n[registry]\ntoken = "secret"\n',
    ".m2/settings.xml":
      "<settings><mirrors><mirror><url>https://maven.example</url></mirror></mirrors>\n<servers><server><password>secret</password></server></servers><proxies><proxy><username>u</username><password>secret</password><host>p</host></proxy></proxies></settings>",
    ".bundle/config":
      '---\nBUNDLE_MIRROR__HTTPS://RUBYGEMS__ORG/: "https://gems.example"\nBUNDLE_GEMS__EXAMPLE: "secret"\n',
    ".config/composer/config.json":
      '{"repositories":[{"type":"composer","url":"https://php.example"}],"config":{"http-basic":{"x":{"password":"secret"}}}}',
  };
  const settings = registrySettings((path) => files[path] ?? null);
  const byPath = Object.fromEntries(settings.map(({ path, content }) => [path, content]));
  expect(JSON.stringify(settings)).not.toContain("secret");
  expect(byPath[".npmrc"]).toContain("@ours:registry=https://ours.example/");
  expect(byPath[".npmrc"]).not.toContain("prefix");
  expect(byPath[".yarnrc.yml"]).toContain("npmRegistryServer");
  expect(byPath[".config/pip/pip.conf"]).toContain("https://pypi.example/simple");
  expect(byPath[".m2/settings.xml"]).toContain("https://maven.example");
  expect(byPath[".m2/settings.xml"]).toContain("<host>p</host>");
  expect(byPath[".bundle/config"]).toContain("https://gems.example");
  expect(byPath[".config/composer/config.json"]).toContain("https://php.example");
  expect(settings.find(({ path }) => path === ".cargo/config.toml")).toMatchObject({ place: "above" });
  expect(registrySettings(() => null)).toEqual([]);
});
