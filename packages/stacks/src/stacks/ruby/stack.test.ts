import { expect, test } from "vitest";
import { commandOf, foundIn, packageJson, planOf, problemOf, stepsOf } from "../../testing/plan.ts";
import { readVersion } from "./ruby-version.ts";

const lock = (...gems: string[]) =>
  `GEM\n  remote: https://rubygems.org/\n  specs:\n${gems.map((gem) => `    ${gem}\n      rack (>= 1)\n`).join("")}\nPLATFORMS\n  x86_64-linux\n\nRUBY VERSION\n   ruby 3.2.2p53\n`;
const puma = "bundle exec puma -b tcp://0.0.0.0:$PORT";
const rack = {
  Gemfile: 'gem "rack"\ngem "puma"\n',
  "Gemfile.lock": lock("rack (3.1.0)", "puma (6.6.0)"),
  "config.ru": "",
};
const rails = {
  Gemfile: 'source "x"\ngem "rails", "~> 8.0"\ngem "puma"\ngem "propshaft"\n',
  "Gemfile.lock": lock("rails (8.0.1)", "railties (8.0.1)", "puma (6.6.0)", "propshaft (1.1.0)"),
  "config/application.rb": "class Application < Rails::Application",
  "config.ru": "",
};

test.each([
  ["3.3", "3.3"],
  ["ruby-3.3.5", "3.3.5"],
  ["3.3.5-p100", "3.3.5"],
  ["3", "3.4"],
  ["~> 3.2", "3.4"],
  ["~> 3.2.1", "3.2"],
  [">= 3.1, < 3.3", "3.2"],
  ["< 3.4", "3.3"],
  ["jruby-9.4", null],
  ["newest", null],
])("reads the version %j as %j", (text, version) => {
  expect(readVersion(text)).toBe(version);
});

test.each([
  ["berth.yaml version", { "berth.yaml": "services: { web: { version: 3.3 } }", ".ruby-version": "3.1" }, "3.3"],
  [".ruby-version", { ".ruby-version": "ruby-3.3.5\n", Gemfile: 'ruby "3.2.0"\ngem "puma"' }, "3.3.5"],
  ["Gemfile", { Gemfile: 'ruby "~> 3.2.0"\ngem "puma"' }, "3.2"],
  ["Gemfile", { Gemfile: 'ruby ">= 3.1", "< 3.3"\ngem "puma"' }, "3.2"],
  ["mise.toml", { "mise.toml": '[tools]\nruby = "3.3.1"\n' }, "3.3.1"],
  ["Gemfile.lock", {}, "3.2.2"],
  ["the default", { "Gemfile.lock": "" }, "3.4"],
])("takes the version from %s", async (from, files, version) => {
  const service = await planOf({ ...rack, ...files });
  expect(service.plan.tools).toEqual({ ruby: version });
  expect(service.plan.findings).toContainEqual({ what: `Ruby ${version}`, from });
  expect([service.plan.base.image, service.plan.buildImage?.image]).toEqual([
    `docker.io/library/ruby:${version}-slim`,
    `docker.io/library/ruby:${version}`,
  ]);
});

test("installs what is locked, without the gems of development, below the app's folder", async () => {
  const { plan } = await planOf({ ...rack, "vendor/cache/rack-3.1.0.gem": "", "buoys.rb": "" });
  expect(plan.steps.map(({ name, layer, network }) => [name, layer, network])).toEqual([
    ["install", "dependencies", true],
    ["tidy", "dependencies", false],
  ]);
  expect(plan.steps[0]).toMatchObject({
    command: { argv: ["bundle", "install"] },
    inputs: ["Gemfile", "Gemfile.lock", "vendor/cache/"],
    env: { BUNDLE_PATH: "vendor/bundle", BUNDLE_WITHOUT: "development:test", BUNDLE_DEPLOYMENT: "1" },
    caches: ["bundler"],
  });
  expect(plan.contents).toEqual({ dependencies: ["vendor/bundle"], app: "all", support: [] });
  expect(plan.env).toMatchObject({ BUNDLE_PATH: "/app/vendor/bundle", BUNDLE_DEPLOYMENT: "1", RACK_ENV: "production" });
});

test.each([
  ["gemspec", "the project itself"],
  ['gem "money", path: "libs/money"', "a gem of the repository"],
  ['eval_gemfile "Gemfile.common"', "another Gemfile"],
])("installs in each build where the Gemfile says %s", async (line, why) => {
  const service = await planOf({ ...rack, Gemfile: `gem "puma"\n${line}\n` });
  expect(service.plan.steps.every(({ layer }) => layer === "app")).toBe(true);
  expect(foundIn(service)).toContain(`gems are installed in each build, for ${why} is part of them (Gemfile)`);
});

test.each([
  ["Rack by puma", rack, puma],
  ["Rails by puma", rails, puma],
  [
    "Rack by unicorn",
    { Gemfile: 'gem "rack"\ngem "unicorn"', "config.ru": "" },
    "bundle exec unicorn -l 0.0.0.0:$PORT",
  ],
  [
    "Rack by falcon",
    { Gemfile: 'gem "falcon"', "config.ru": "" },
    "bundle exec falcon serve --bind http://0.0.0.0:$PORT",
  ],
  [
    "Rack by rackup",
    { Gemfile: 'gem "rackup"\ngem "rack"', "config.ru": "" },
    "bundle exec rackup -o 0.0.0.0 -p $PORT -E production",
  ],
  [
    "Rails by its own server",
    { ...rails, Gemfile: 'gem "rails"', "Gemfile.lock": lock("rails (8.0.1)", "railties (8.0.1)") },
    "bundle exec rails server -b 0.0.0.0 -p $PORT",
  ],
  [
    "Sinatra",
    { Gemfile: 'gem "sinatra"\ngem "puma"', "tides.rb": 'require "sinatra"\nget("/") { "hi" }' },
    "bundle exec ruby tides.rb -o 0.0.0.0 -p $PORT -e production",
  ],
  ["a program", { Gemfile: 'gem "discordrb"', "bot.rb": "" }, "bundle exec ruby bot.rb"],
])("starts %s", async (_, files, command) => {
  expect(commandOf(await planOf(files))).toBe(command);
});

test.each([
  ["sidekiq -q low", "bundle exec sidekiq -q low"],
  ["bundle exec puma", "bundle exec puma"],
  ["bin/rails server", "bin/rails server"],
])("a Procfile's %j runs as %j", async (line, command) => {
  expect(commandOf(await planOf({ ...rails, Procfile: `web: ${line}` }))).toBe(command);
});

test("Rails compiles its assets with a key of its own, and says where it writes and what it wants", async () => {
  const service = await planOf({
    ...rails,
    "app/assets/stylesheets/application.css": "",
    "config/storage.yml": "",
    "config/database.yml": "production:\n  adapter: sqlite3\n  database: db/production.sqlite3\n",
    "config/credentials.yml.enc": "",
    "config/environments/production.rb": "  config.force_ssl = true\n",
    "db/migrate/1_create.rb": "",
  });
  expect(service.plan.steps.at(-1)).toMatchObject({
    command: { shell: "bundle exec rake assets:precompile && rm -rf tmp/cache" },
    layer: "app",
    network: false,
    env: { RAILS_ENV: "production", SECRET_KEY_BASE_DUMMY: "1", BUNDLE_PATH: "vendor/bundle" },
  });
  expect(service.plan.writable).toEqual(["tmp", "log", "storage", "db"]);
  expect(service.plan.env).toMatchObject({ RAILS_ENV: "production", RAILS_LOG_TO_STDOUT: "1" });
  expect(foundIn(service)).toEqual(
    expect.arrayContaining([
      "reads its credentials with RAILS_MASTER_KEY: give it with `env:` (config/credentials.yml.enc)",
      "config.force_ssl sends every visitor to https (config/environments/production.rb)",
      "migrations are not run: `release: { command: rails db:migrate }` in berth.yaml runs them (db/migrate)",
    ]),
  );
});

test("an older Rails gets a key for the build", async () => {
  const { plan } = await planOf({
    ...rails,
    "Gemfile.lock": lock("rails (6.1.7)", "railties (6.1.7)", "sprockets-rails (3.4.2)"),
    "app/assets/a.css": "",
  });
  expect(plan.steps.at(-1)?.env).toMatchObject({ SECRET_KEY_BASE: "only-for-the-build" });
});

test("Rails for an API has no assets", async () => {
  const service = await planOf({
    ...rails,
    "Gemfile.lock": lock("rails (8.0.1)", "railties (8.0.1)", "puma (6)"),
    Gemfile: 'gem "rails"\ngem "puma"',
  });
  expect(stepsOf(service).filter((step) => step.includes("assets"))).toEqual([]);
});

test("Node is there where the asset pipeline runs a script of package.json", async () => {
  const service = await planOf({
    ...rails,
    Gemfile: 'gem "rails"\ngem "puma"\ngem "propshaft"\ngem "jsbundling-rails"\n',
    "app/javascript/application.js": "",
    "package.json": packageJson({ scripts: { build: "esbuild" }, devDependencies: { esbuild: "0.25" } }),
    "yarn.lock": "# yarn lockfile v1\n",
  });
  expect(service.plan.tools).toEqual({ ruby: "3.2.2", node: "24", yarn: "1" });
  expect(stepsOf(service)).toEqual([
    "dependencies: yarn install --frozen-lockfile",
    "dependencies: bundle install",
    expect.stringContaining("dependencies: rm -rf vendor/bundle"),
    "app: bundle exec rake assets:precompile && rm -rf tmp/cache",
  ]);
  expect(service.plan.steps.at(-1)?.network).toBe(true);
});

test("Jekyll builds a site that is served as files", async () => {
  const service = await planOf({ Gemfile: 'gem "jekyll"', "index.md": "", "_config.yml": "" });
  expect(commandOf(service)).toBe("node ../berth/static-server/server.mjs _site");
  expect(stepsOf(service).at(-1)).toBe("app: bundle exec jekyll build");
  expect(service.plan.contents).toEqual({ dependencies: [], app: ["_site"], support: ["static-server"] });
});

test.each([
  [
    "locked for arm64-darwin-23 alone: run `bundle lock --add-platform x86_64-linux` (Gemfile.lock)",
    { "Gemfile.lock": "PLATFORMS\n  arm64-darwin-23\n" },
  ],
  [
    "no lockfile of Bundler: versions may differ from build to build; commit one (Gemfile)",
    { Gemfile: 'gem "puma"', "Gemfile.lock": undefined },
  ],
  [
    "pg needs libpq, which the image lacks: pg 1.6 brings its own (Gemfile)",
    { "Gemfile.lock": lock("pg (1.5.9)", "puma (6)") },
  ],
])("says %j", async (told, files) => {
  const all = Object.entries({ ...rack, ...files }).filter(
    (entry): entry is [string, string] => entry[1] !== undefined,
  );
  expect(foundIn(await planOf(Object.fromEntries(all)))).toContain(told);
});

test("a Gemfile for the tools of an app for phones leaves the project Node's", async () => {
  const service = await planOf({
    Gemfile: 'gem "cocoapods"\ngem "fastlane"',
    "package.json": packageJson({ scripts: { start: "node server.js" } }),
    "server.js": "",
  });
  expect(service.plan.stack).toBe("node");
});

test("says what to add where nothing starts, or nothing serves", async () => {
  expect((await problemOf({ Gemfile: 'gem "rake"', Rakefile: "" })).message).toContain("there is no config.ru");
  expect(
    await problemOf({ Gemfile: 'gem "rack"', "Gemfile.lock": lock("rack (3.1.0)"), "config.ru": "" }),
  ).toMatchObject({
    message: "There is config.ru, but no server among the gems.",
    hint: "Run `bundle add puma`, and push again.",
  });
});
