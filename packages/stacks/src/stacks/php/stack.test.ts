import { expect, test } from "vitest";
import { commandOf, foundIn, packageJson, planOf, problemOf, stepsOf } from "../../testing/plan.ts";
import { readVersion } from "./php-version.ts";

const composerJson = (members: object = {}) => JSON.stringify({ require: { php: "^8.2" }, ...members });
const lock = (...packages: string[]) => JSON.stringify({ packages: packages.map((name) => ({ name })) });
const app = { "composer.json": composerJson(), "composer.lock": lock(), "public/index.php": "<?php" };
const serve = "sh ../berth/php-server/serve.sh";

test.each([
  ["8.3", "8.3"],
  ["8.3.12", "8.3.12"],
  ["8.2.*", "8.2"],
  ["^8.2", "8.4"],
  ["^8.2.1", "8.4"],
  ["~8.2.0", "8.2"],
  ["~8.2", "8.4"],
  [">=8.1 <8.4", "8.3"],
  [">= 8.1, < 8.3", "8.2"],
  ["7.4 || ^8.0", "8.4"],
  ["^7.4|^8.5", "8.5"],
  ["7.2 - 8.1", "8.1"],
  [">=8.1@stable", "8.4"],
  ["8", "8.4"],
  ["*", "8.4"],
  ["newest", null],
])("reads the version %j as %j", (text, version) => {
  expect(readVersion(text)).toBe(version);
});

test.each([
  ["berth.yaml version", { "berth.yaml": "services: { web: { version: 8.3 } }", ".php-version": "8.1" }, "8.3"],
  [".php-version", { ".php-version": "8.1\n" }, "8.1"],
  [
    "composer.json config.platform.php",
    { "composer.json": composerJson({ config: { platform: { php: "8.1.2" } } }) },
    "8.1",
  ],
  ["composer.json require.php", {}, "8.4"],
  ["the default", { "composer.json": "{}" }, "8.4"],
])("takes the version from %s", async (from, files, version) => {
  const { plan } = await planOf({ ...app, ...files });
  expect(plan.tools).toEqual({ php: version, composer: "2" });
  expect(plan.findings).toContainEqual({ what: `PHP ${version}`, from });
  expect(plan.base.image).toBe(`docker.io/library/php:${version}-apache`);
});

test.each([
  ["public", { "public/index.php": "" }, "public"],
  ["web", { "web/index.php": "", "index.html": "" }, "web"],
  ["the root", { "index.php": "", "about.php": "" }, "."],
  [
    "what composer.json names",
    {
      "composer.json": composerJson({ extra: { "public-dir": "./htdocs/" } }),
      "htdocs/index.php": "",
      "public/index.php": "",
    },
    "htdocs",
  ],
  [
    "what berth.yaml names",
    { "index.php": "", "berth.yaml": "services: { web: { output: ./site } }", "site/index.php": "" },
    "site",
  ],
])("serves %s", async (_, files, folder) => {
  const service = await planOf(files);
  expect(service.plan.stack).toBe("php");
  expect(commandOf(service)).toBe(`${serve} ${folder}`);
  expect(service.plan.contents.support).toEqual(["php-server"]);
});

test("scripts without Composer need no steps", async () => {
  const { plan } = await planOf({ "index.php": "" });
  expect([plan.steps, plan.tools, plan.contents.dependencies]).toEqual([[], { php: "8.4" }, []]);
});

const install = "composer install --no-dev --no-progress --prefer-dist --no-scripts --ignore-platform-reqs";

test("installs what is locked, in a layer of its own, after a look whether the lockfile fits", async () => {
  const service = await planOf({ ...app, "src/Shop.php": "", "patches/a.patch": "" });
  expect(stepsOf(service)).toEqual([
    "dependencies: composer validate --no-check-all --no-check-publish --no-interaction",
    `dependencies: composer config --global autoloader-suffix Berth && exec ${install} --optimize-autoloader`,
  ]);
  expect(service.plan.steps.map(({ network, inputs }) => [network, inputs])).toEqual([
    [false, ["composer.json", "composer.lock", "patches/"]],
    [true, ["composer.json", "composer.lock", "patches/"]],
  ]);
  expect(service.plan.contents).toMatchObject({ dependencies: ["vendor"], app: "all" });
  expect(service.plan.buildImage?.image).toBe("docker.io/library/composer:2");
});

test("packages of the repository are seen by the installation", async () => {
  const { plan } = await planOf({
    ...app,
    "composer.json": composerJson({ repositories: [{ type: "path", url: "./packages/*" }] }),
    "packages/money/composer.json": "{}",
  });
  expect(plan.steps.at(-1)?.inputs).toEqual(["composer.json", "composer.lock", "packages/"]);
});

test.each([
  ["lists the project's own classes", { autoload: { classmap: ["database"] } }],
  ["is followed by scripts", { scripts: { "post-autoload-dump": ["x"] } }],
])("the autoloader is made with the source where it %s", async (_, members) => {
  const service = await planOf({ ...app, "composer.json": composerJson(members) });
  expect(stepsOf(service).slice(1)).toEqual([
    `dependencies: ${install} --no-autoloader`,
    "app: composer config --global autoloader-suffix Berth && exec composer dump-autoload --no-dev --optimize",
  ]);
});

const laravel = {
  "composer.json": composerJson({ scripts: { "post-autoload-dump": ["php artisan package:discover"] } }),
  "composer.lock": lock("laravel/framework"),
  artisan: "",
  "public/index.php": "",
};

test("Laravel writes where it has to, logs to its output, and says what it wants", async () => {
  const service = await planOf({
    ...laravel,
    "database/migrations/2024_create.php": "",
    ".env.example": "APP_KEY=\nDB_CONNECTION=sqlite\n",
  });
  expect(commandOf(service)).toBe(`${serve} public`);
  expect(service.plan.writable).toEqual(["storage", "bootstrap/cache", "database"]);
  expect(service.plan.env).toEqual({ APP_ENV: "production", APP_DEBUG: "false", LOG_CHANNEL: "stderr" });
  expect(foundIn(service)).toEqual(
    expect.arrayContaining([
      "Laravel served from public (public/index.php)",
      "wants an APP_KEY: `php artisan key:generate --show` makes one; give it with `env:` (artisan)",
      "migrations are not run: `release: { command: php artisan migrate --force }` in berth.yaml runs them (database/migrations)",
    ]),
  );
});

test("Laravel's assets are built by Node, after its packages are there", async () => {
  const service = await planOf({
    ...laravel,
    "package.json": packageJson({ scripts: { build: "vite build" }, devDependencies: { vite: "7" } }),
    "package-lock.json": "{}",
  });
  expect(service.plan.stack).toBe("php");
  expect(service.plan.tools).toEqual({ php: "8.4", composer: "2", node: "24" });
  expect(service.plan.toolImages?.["node"]?.image).toBe("docker.io/library/node:24-alpine");
  expect(service.plan.steps.map(({ name, layer }) => `${layer} ${name}`)).toEqual([
    "dependencies install npm",
    "dependencies validate",
    "dependencies install",
    "app autoload",
    "app assets",
  ]);
});

test("Symfony runs its scripts for production", async () => {
  const service = await planOf({
    "composer.json": composerJson({ scripts: { "post-install-cmd": ["@auto-scripts"] } }),
    "composer.lock": lock("symfony/framework-bundle"),
    "public/index.php": "",
    "bin/console": "",
  });
  expect(service.plan.steps.at(-1)).toMatchObject({
    command: { argv: ["composer", "run-script", "--no-dev", "post-install-cmd"] },
    env: { APP_ENV: "prod", APP_DEBUG: "0" },
    network: false,
  });
  expect(service.plan.writable).toEqual(["var"]);
});

test("names extensions that the image lacks", async () => {
  const service = await planOf({
    ...app,
    "composer.json": composerJson({ require: { php: "^8.2", "ext-mbstring": "*", "ext-intl": "*" } }),
    "composer.lock": JSON.stringify({ packages: [{ name: "a/b", require: { "ext-gd": "*", "ext-json": "*" } }] }),
  });
  expect(foundIn(service)).toContain(
    "ext-gd, ext-intl: not in php:8.4-apache; name a base that has it with `base:` (composer.json)",
  );
});

test("a command of berth.yaml runs without the server", async () => {
  const service = await planOf({ "composer.json": "{}", "worker.php": "", Procfile: "worker: php worker.php" });
  expect([commandOf(service), service.plan.contents.support]).toEqual(["php worker.php", []]);
});

test("says what is missing or wrong", async () => {
  expect((await problemOf({ "composer.json": "{}" })).message).toBe("There is no index.php.");
  expect((await problemOf({ "composer.json": "{,}" })).message).toBe("composer.json is not valid JSON.");
});
