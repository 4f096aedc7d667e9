import { expect, test } from "vitest";
import { commandOf, packageJson, planOf, problemOf, stepsOf } from "../../testing/plan.ts";

test.each([
  [
    "the start script",
    { scripts: { start: "node app.js" }, main: "index.js" },
    { "index.js": "", "app.js": "" },
    "node app.js",
  ],
  ["main", { main: "./lib/run.js" }, { "lib/run.js": "" }, "node lib/run.js"],
  ["main without its ending", { main: "lib/run" }, { "lib/run.js": "" }, "node lib/run.js"],
  ["main of a folder", { main: "lib" }, { "lib/index.js": "" }, "node lib/index.js"],
  ["a main that the build makes", { main: "dist/x.js", scripts: { build: "tsc" } }, {}, "node dist/x.js"],
  ["index.js instead of a main that is not there", { main: "lib/gone.js" }, { "index.js": "" }, "node index.js"],
  ["server.js", {}, { "server.js": "" }, "node server.js"],
  ["src/index.ts", {}, { "src/index.ts": "" }, "node src/index.ts"],
  [
    "src/index.ts with tsx",
    { devDependencies: { tsx: "4" } },
    { "src/index.ts": "" },
    "node_modules/.bin/tsx src/index.ts",
  ],
  [
    "what tsc makes of src/index.ts",
    { scripts: { build: "rimraf dist && tsc" }, main: "index.js" },
    {
      "src/index.ts": "",
      "tsconfig.json":
        '{ "compilerOptions": {\n    // "outDir": "./",\n    "outDir": "./dist", /* Where to. */\n    "rootDir": "src" }, "include": ["src/**/*"] }',
    },
    "node dist/index.js",
  ],
  [
    "what tsc makes below the folder that all sources have in common",
    { scripts: { build: "tsc -p ." } },
    { "src/index.ts": "", "tests/a.test.ts": "", "tsconfig.json": '{ "compilerOptions": { "outDir": "build" } }' },
    "node build/src/index.js",
  ],
  [
    "src/index.ts where tsc only checks",
    { scripts: { build: "tsc --noEmit" } },
    { "src/index.ts": "", "tsconfig.json": '{ "compilerOptions": { "outDir": "build" } }' },
    "node src/index.ts",
  ],
  [
    "start:prod where start only watches",
    { scripts: { start: "nest start", "start:prod": "node dist/main" } },
    {},
    "node dist/main",
  ],
  [
    "a watcher where there is nothing else",
    { scripts: { start: "nodemon app.js" }, devDependencies: { nodemon: "3" } },
    {},
    "node_modules/.bin/nodemon app.js",
  ],
  [
    "an Express server beside Vite",
    { dependencies: { express: "5", vite: "7" }, scripts: { build: "vite build" } },
    { "server.js": "", "index.html": "" },
    "node server.js",
  ],
  [
    "a start script beside Vite",
    { dependencies: { vite: "7" }, scripts: { start: "node server.js", build: "vite build" } },
    { "server.js": "" },
    "node server.js",
  ],
])("starts %s", async (_, members, files, command) => {
  expect(commandOf(await planOf({ ...files, "package.json": packageJson(members) }))).toBe(command);
});

const serve = "node ../berth/static-server/server.mjs";

test.each([
  [
    "Vite",
    { devDependencies: { vite: "7" }, scripts: { start: "vite", build: "vite build" } },
    { "index.html": "" },
    `${serve} dist --spa --hashed-assets`,
  ],
  [
    "Vite by preview",
    { devDependencies: { vite: "7" }, scripts: { start: "npm run build && vite preview --host", build: "vite build" } },
    {},
    `${serve} dist --spa --hashed-assets`,
  ],
  [
    "Vite behind another script",
    { devDependencies: { vite: "7" }, scripts: { start: "npm run dev", dev: "vite --port 1", build: "vite build" } },
    {},
    `${serve} dist --spa --hashed-assets`,
  ],
  [
    "Vite with --outDir",
    { devDependencies: { vite: "7" }, scripts: { build: "vite build --outDir=./public/app/" } },
    {},
    `${serve} public/app --spa --hashed-assets`,
  ],
  [
    "Vite with outDir in its config",
    { devDependencies: { vite: "7" }, scripts: { build: "vite build" } },
    { "vite.config.ts": "export default { // outDir: 'no'\n build: { outDir: './www' } }" },
    `${serve} www --spa --hashed-assets`,
  ],
  [
    "Vite of several pages",
    { devDependencies: { vite: "7" }, scripts: { build: "vite build" } },
    { "index.html": "", "about.html": "" },
    `${serve} dist --hashed-assets`,
  ],
  [
    "Create React App",
    { dependencies: { "react-scripts": "5" }, scripts: { start: "react-scripts start", build: "react-scripts build" } },
    {},
    `${serve} build --spa --hashed-assets`,
  ],
  [
    "Vue CLI",
    { devDependencies: { "@vue/cli-service": "5" }, scripts: { build: "vue-cli-service build" } },
    {},
    `${serve} dist --spa --hashed-assets`,
  ],
  [
    "Astro",
    { dependencies: { astro: "5" }, scripts: { start: "astro dev", build: "astro build" } },
    { "astro.config.mjs": "export default {}" },
    `${serve} dist --hashed-assets`,
  ],
  [
    "Next.js that exports",
    { dependencies: { next: "16" }, scripts: { start: "next start", build: "next build" } },
    { "next.config.mjs": "export default { output: 'export' }" },
    `${serve} out --hashed-assets`,
  ],
  [
    "React Router without a server",
    {
      dependencies: { "@react-router/dev": "7" },
      scripts: { start: "react-router-serve ./build/server/index.js", build: "react-router build" },
    },
    { "react-router.config.ts": "export default { ssr: false }" },
    `${serve} build/client --spa --hashed-assets`,
  ],
  [
    "SvelteKit's static adapter",
    { devDependencies: { "@sveltejs/kit": "2", vite: "7" }, scripts: { build: "vite build" } },
    { "svelte.config.js": "import adapter from '@sveltejs/adapter-static'; adapter({ fallback: '200.html' })" },
    `${serve} build --spa=200.html --hashed-assets`,
  ],
  [
    "Nuxt that generates",
    { dependencies: { nuxt: "4" }, scripts: { build: "nuxt generate" } },
    {},
    `${serve} .output/public --hashed-assets`,
  ],
  [
    "VitePress",
    { devDependencies: { vitepress: "1" }, scripts: { build: "vitepress build docs" } },
    { "docs/.vitepress/config.mts": "" },
    `${serve} docs/.vitepress/dist --hashed-assets`,
  ],
  [
    "Angular",
    { dependencies: { "@angular/core": "20" }, scripts: { start: "ng serve", build: "ng build" } },
    {
      "angular.json": JSON.stringify({
        projects: { shop: { architect: { build: { builder: "@angular/build:application" } } } },
      }),
    },
    `${serve} dist/shop/browser --spa --hashed-assets`,
  ],
  [
    "Hexo",
    { dependencies: { hexo: "7" }, scripts: { server: "hexo server", build: "hexo generate" } },
    {},
    `${serve} public --hashed-assets`,
  ],
  [
    "Quasar",
    { devDependencies: { "@quasar/app-vite": "2" }, scripts: { dev: "quasar dev", build: "quasar build" } },
    {},
    `${serve} dist/spa --spa --hashed-assets`,
  ],
  [
    "Rsbuild",
    { devDependencies: { "@rsbuild/core": "1" }, scripts: { dev: "rsbuild dev", build: "rsbuild build" } },
    {},
    `${serve} dist --spa --hashed-assets`,
  ],
  [
    "Angular's older builder",
    { dependencies: { "@angular/core": "14" }, scripts: { start: "ng serve", build: "ng build" } },
    {
      "angular.json": JSON.stringify({
        projects: {
          shop: {
            architect: {
              build: { builder: "@angular-devkit/build-angular:browser", options: { outputPath: "dist/web" } },
            },
          },
        },
      }),
    },
    `${serve} dist/web --spa --hashed-assets`,
  ],
  [
    "a site by the program serve",
    { devDependencies: { serve: "14", vite: "7" }, scripts: { start: "serve -l 3000 -s dist", build: "vite build" } },
    {},
    `${serve} dist --spa --hashed-assets`,
  ],
  [
    "a site by npx http-server",
    { scripts: { start: "npx http-server ./public -p 8080" } },
    { "public/index.html": "" },
    `${serve} public`,
  ],
  [
    "pages whose styles are built",
    { scripts: { build: "tailwindcss -o style.css" } },
    { "index.html": "" },
    `${serve} .`,
  ],
])("builds and serves %s", async (_, members, files, command) => {
  const service = await planOf({ ...files, "package-lock.json": "", "package.json": packageJson(members) });
  expect(commandOf(service)).toBe(command);
  expect(service.plan.contents.support).toEqual(["static-server"]);
  expect(service.plan.contents.dependencies).toEqual([]);
});

test.each([
  [
    "Next.js",
    { dependencies: { next: "16" }, scripts: { start: "next dev", build: "next build" } },
    {},
    "node_modules/.bin/next start",
  ],
  ["Nuxt", { dependencies: { nuxt: "4" }, scripts: { build: "nuxt build" } }, {}, "node .output/server/index.mjs"],
  [
    "SvelteKit's Node adapter",
    { devDependencies: { "@sveltejs/kit": "2", vite: "7" }, scripts: { build: "vite build" } },
    { "svelte.config.js": "import adapter from '@sveltejs/adapter-node';" },
    "node build",
  ],
  [
    "React Router",
    { dependencies: { "@react-router/dev": "7" }, scripts: { build: "react-router build" } },
    {},
    "node_modules/.bin/react-router-serve ./build/server/index.js",
  ],
  [
    "TanStack Start",
    { dependencies: { "@tanstack/react-start": "1", vite: "7" }, scripts: { build: "vite build" } },
    {},
    "node .output/server/index.mjs",
  ],
  [
    "Astro's Node adapter",
    { dependencies: { astro: "5" }, scripts: { build: "astro build" } },
    { "astro.config.mjs": "import node from '@astrojs/node';" },
    "node ./dist/server/entry.mjs",
  ],
  [
    "TanStack Start with srvx",
    { dependencies: { "@tanstack/react-start": "1", srvx: "0.9", vite: "7" }, scripts: { build: "vite build" } },
    {},
    "node_modules/.bin/srvx --prod -s ../client dist/server/server.js",
  ],
  [
    "NestJS",
    { devDependencies: { "@nestjs/cli": "11" }, scripts: { start: "nest start", build: "nest build" } },
    {},
    "node dist/main",
  ],
  [
    "NestJS with another entry",
    { devDependencies: { "@nestjs/cli": "11" }, scripts: { start: "nest start", build: "nest build" } },
    {
      "nest-cli.json": '{ "entryFile": "src/main" }',
      "tsconfig.json": '{ "compilerOptions": { "outDir": "./build" } }',
    },
    "node build/src/main",
  ],
  [
    "AdonisJS",
    { dependencies: { "@adonisjs/core": "6" }, scripts: { start: "node bin/server.js", build: "node ace build" } },
    {},
    "node build/bin/server.js",
  ],
  [
    "Strapi",
    { dependencies: { "@strapi/strapi": "5" }, scripts: { develop: "strapi develop", build: "strapi build" } },
    {},
    "node_modules/.bin/strapi start",
  ],
  [
    "Nitro",
    { devDependencies: { nitropack: "2" }, scripts: { build: "nitro build" } },
    {},
    "node .output/server/index.mjs",
  ],
])("builds and starts the server of %s", async (_, members, files, command) => {
  const service = await planOf({ ...files, "package-lock.json": "", "package.json": packageJson(members) });
  expect(commandOf(service)).toBe(command);
  expect(stepsOf(service)).toEqual(["dependencies: npm ci", "app: npm run build"]);
  expect(service.plan.contents).toMatchObject({ dependencies: ["node_modules"], app: "all", support: [] });
});

test("Vite that is there for tests only builds nothing", async () => {
  const members = { main: "run.js", devDependencies: { vite: "7", vitest: "4" } };
  const service = await planOf({ "package.json": packageJson(members), "package-lock.json": "", "run.js": "" });
  expect([commandOf(service), stepsOf(service)]).toEqual(["node run.js", ["dependencies: npm ci"]]);
});

test("a program in the browser's source is no server, whatever libraries are there", async () => {
  const members = { dependencies: { hono: "4" }, devDependencies: { vite: "7" }, scripts: { build: "vite build" } };
  const files = { "package.json": packageJson(members), "package-lock.json": "", "index.html": "", "src/main.ts": "" };
  expect(commandOf(await planOf(files))).toBe(`${serve} dist --spa --hashed-assets`);
});

test("the framework's own build where no script says one", async () => {
  const service = await planOf({
    "package.json": packageJson({ devDependencies: { vite: "7" } }),
    "package-lock.json": "",
    "index.html": "",
  });
  expect(stepsOf(service)).toEqual(["dependencies: npm ci", "app: node_modules/.bin/vite build"]);
});

test("SvelteKit's automatic adapter needs one that fits", async () => {
  const files = { "svelte.config.js": "import adapter from '@sveltejs/adapter-auto';", "package-lock.json": "" };
  const kit = { "@sveltejs/kit": "2", vite: "7" };
  const problem = await problemOf({
    ...files,
    "package.json": packageJson({ devDependencies: kit, scripts: { build: "vite build" } }),
  });
  expect(problem.hint).toContain("npm install -D @sveltejs/adapter-node");
  const both = packageJson({
    devDependencies: { ...kit, "@sveltejs/adapter-node": "5" },
    scripts: { build: "vite build" },
  });
  const service = await planOf({ ...files, "package.json": both });
  expect(commandOf(service)).toBe("node build");
  expect(service.plan.steps.at(-1)?.env).toEqual({ GCP_BUILDPACKS: "1" });
});

test("says what to add where nothing starts", async () => {
  expect(await problemOf({ "package.json": packageJson({ main: "gone.js" }), "README.md": "" })).toEqual({
    message: "package.json does not say how to start. Its main, gone.js, is not there.",
    path: "package.json",
    hint: 'Add a start script, such as "start": "node server.js", or `command:` in berth.yaml, or a Procfile.',
  });
});

test("names the members of a workspace that say how to start", async () => {
  const problem = await problemOf({
    "package.json": packageJson({ workspaces: ["apps/*"], scripts: { build: "turbo run build" } }),
    "apps/api/package.json": packageJson({ scripts: { start: "node dist/index.js" } }),
    "apps/web/package.json": packageJson({ scripts: { start: "next start" } }),
    "packages/ui/package.json": packageJson({}),
  });
  expect(problem.message).toBe("The root of the workspace does not say how to start, but apps/api and apps/web do.");
  expect(problem.hint).toContain(
    "`services: { api: { source: apps/api, routes: [/api] }, web: { source: apps/web, routes: [/] } }`",
  );
});

test("pages that are there already are served without packages, unless a script makes something of them", async () => {
  const files = { "index.html": "" };
  const prettier = { devDependencies: { prettier: "3" } };
  const plain = await planOf({ ...files, "package.json": packageJson(prettier) });
  expect([stepsOf(plain), plain.plan.buildImage]).toEqual([[], null]);
  const prepared = await planOf({
    ...files,
    "package.json": packageJson({ ...prettier, scripts: { postinstall: "make" } }),
  });
  expect(stepsOf(prepared)).toEqual(["app: npm install"]);
});

test.each([
  ['{\n  "name": "x",\n  "scripts": {},\n}', "line 4, column 1"],
  ['{\n  "name": "x"', "line 2, column 14"],
  ["", "line 1, column 1"],
  ["{\n<<<<<<< HEAD\n}", "line 2, column 1"],
  ["nonsense", "line 1, column 1"],
])("names line and column of what is wrong in the package.json %j", async (text, position) => {
  const problem = await problemOf({ "package.json": text });
  expect(problem.path).toBe("package.json");
  expect(problem.message).toMatch(/^package\.json is not valid JSON: .* at line \d+, column \d+\.$/);
  expect(problem.message).toContain(`at ${position}.`);
});

test.each(["[]", "null", "1"])("refuses the package.json %j", async (text) => {
  expect((await problemOf({ "package.json": text })).message).toBe("package.json: expected an object.");
});

test("reads over members of the wrong type", async () => {
  const text = JSON.stringify({
    scripts: { start: ["x"] },
    dependencies: 5,
    main: {},
    engines: "node 20",
    packageManager: 1,
  });
  expect(commandOf(await planOf({ "package.json": text, "index.js": "" }))).toBe("node index.js");
});
