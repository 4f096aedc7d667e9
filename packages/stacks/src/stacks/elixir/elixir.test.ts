import { expect, test } from "vitest";
import type { MemoryFile } from "../../testing/memory-tree.ts";
import { commandOf, foundIn, planOf, problemOf, stepsOf } from "../../testing/plan.ts";

const mix = (more = "", elixir = "~> 1.15") =>
  `defmodule Shop.MixProject do\n  # app: :lies\n  def project do\n    [app: :shop, version: "1.0.0", elixir: "${elixir}", deps: deps()${more}]\n  end\n`;
const deps = '  defp deps do\n    [{:phoenix, "~> 1.8"}, {:ecto_sql, "~> 3.13"}]\n  end\n';
const tools = "mix local.hex --force --if-missing && mix local.rebar --force --if-missing";

test("a Phoenix app is planned as a release with its assets, dependencies apart (planned only: there is no Elixir here)", async () => {
  const aliases = `  defp aliases do\n    ["assets.deploy": ["tailwind shop --minify", "phx.digest"]]\n  end\n`;
  const service = await planOf({
    "mix.exs": mix() + deps + aliases,
    "mix.lock": "",
    "config/config.exs": "",
    "config/prod.exs": "",
    "config/runtime.exs": "",
    "lib/shop.ex": "",
  });
  expect(stepsOf(service)).toEqual([
    `dependencies: ${tools} && mix deps.get --only prod && mix deps.compile`,
    `app: ${tools} && mix compile && mix assets.deploy && mix release --overwrite`,
  ]);
  expect(service.plan).toMatchObject({
    stack: "elixir",
    base: { image: "docker.io/library/elixir:1.19-slim" },
    buildImage: { image: "docker.io/library/elixir:1.19" },
    contents: { dependencies: [], app: ["_build/prod/rel/shop"] },
    env: { PHX_SERVER: "true", RELEASE_DISTRIBUTION: "none", RELEASE_TMP: "/tmp" },
    programs: ["_build/prod/rel/shop/bin"],
    steps: [{ inputs: ["config/config.exs", "config/prod.exs", "mix.exs", "mix.lock"], env: { MIX_ENV: "prod" } }, {}],
  });
  expect(commandOf(service)).toBe("shop start");
  expect(foundIn(service)).toEqual([
    "Elixir 1.19 (mix.exs elixir)",
    "Phoenix (mix.exs deps)",
    "starts the release shop (mix.exs app)",
  ]);
});

test("an umbrella starts the release that it names", async () => {
  const service = await planOf({
    "mix.exs":
      'def project do\n [apps_path: "apps", releases: [store: [applications: [web: :permanent]]], deps: []]\nend',
    "apps/web/mix.exs": "",
    "mix.lock": "",
  });
  expect(commandOf(service)).toBe("store start");
  expect(service.plan.steps[0]?.inputs).toEqual(["apps/web/mix.exs", "mix.exs", "mix.lock"]);
});

test.each<[string, Record<string, MemoryFile>, string, Record<string, string>]>([
  [
    ".tool-versions",
    { ".tool-versions": "erlang 27.2.1\nelixir 1.18.4-otp-27\n" },
    "1.18.4-otp-27",
    { elixir: "1.18.4", erlang: "27" },
  ],
  [
    ".tool-versions without the Erlang of its Elixir",
    { ".tool-versions": "elixir 1.18.4\nerlang 26.1" },
    "1.18.4-otp-26",
    { elixir: "1.18.4", erlang: "26" },
  ],
  [".elixir-version", { ".elixir-version": "1.17.3\n" }, "1.17.3", { elixir: "1.17.3" }],
  ["berth.yaml", { "berth.yaml": 'services: { web: { version: "1.16" } }' }, "1.16", { elixir: "1.16" }],
  ["mix.exs, where it is narrow", { "mix.exs": mix("", "~> 1.15.7") }, "1.15", { elixir: "1.15" }],
  ["mix.exs, of two ranges", { "mix.exs": mix("", "~> 1.15.7 or ~> 1.17.1") }, "1.17", { elixir: "1.17" }],
  ["nowhere", { "mix.exs": mix("", "nonsense") }, "1.19", { elixir: "1.19" }],
])("takes the version from %s", async (_, files, tag, asked) => {
  const { plan } = await planOf({ "mix.exs": mix(), ...files });
  expect([plan.buildImage?.image, plan.tools]).toEqual([`docker.io/library/elixir:${tag}`, asked]);
});

test("commands of other platforms start the release", async () => {
  for (const line of ["mix phx.server", "mix run --no-halt", "bin/shop start", "_build/prod/rel/shop/bin/shop start"]) {
    expect(commandOf(await planOf({ "mix.exs": mix(), Procfile: `web: ${line}` }))).toBe("shop start");
  }
});

test.each<[string, Record<string, MemoryFile>, string, string]>([
  [
    "an umbrella without a release",
    { "mix.exs": 'def project do\n [apps_path: "apps"]\nend' },
    "The umbrella's mix.exs names no release.",
    "releases:",
  ],
  [
    "a version that is none",
    { "mix.exs": mix(), "berth.yaml": "services: { web: { version: old } }" },
    '"old" is no version of Elixir.',
    "1.19",
  ],
])("refuses %s", async (_, files, message, hint) => {
  const problem = await problemOf(files);
  expect(problem.message).toBe(message);
  expect(problem.hint).toContain(hint);
});
