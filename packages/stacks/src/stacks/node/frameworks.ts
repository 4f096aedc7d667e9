import { angularOutcome } from "./angular.ts";
import { configFolder, configText, optionFolder, server, siteIn, type Framework } from "./framework.ts";
import { svelteKitOutcome } from "./svelte-kit.ts";
import { isViteProject, viteOutcome } from "./vite.ts";
import type { Manifest } from "./manifest.ts";
import type { TreeView } from "@berth/core";

const viteDevelops = /^vite(?! build)/;
const nitro = ["nitro", "nitropack", "vinxi", "@tanstack/nitro-v2-vite-plugin"];
const nitroServer = server("node", ".output/server/index.mjs");

/** Frameworks, those first that others are part of: most are built on Vite, so it is last but one. */
const frameworks: readonly Framework[] = [
  {
    name: "Next.js",
    packages: ["next"],
    lies: /^next( dev\b| -|$)/,
    build: ["next", "build"],
    outcome({ tree }) {
      const config = configText(tree, "next.config");
      if (/\boutput\s*:\s*["'`]export["'`]/.test(config)) return siteIn(configFolder(config, "distDir") ?? "out");
      return { kind: "server", argv: ["node_modules/.bin/next", "start"], writable: [".next/cache"] };
    },
  },
  {
    name: "Nuxt",
    packages: ["nuxt"],
    lies: /^nux[ti] (dev|start|preview|build|generate)\b|^nux[ti]$/,
    build: ["nuxt", "build"],
    outcome: ({ build }) => (/\bnux[ti] generate\b/.test(build) ? siteIn(".output/public") : nitroServer),
  },
  {
    name: "SvelteKit",
    packages: ["@sveltejs/kit"],
    lies: viteDevelops,
    build: ["vite", "build"],
    outcome: svelteKitOutcome,
  },
  {
    name: "React Router",
    packages: ["@react-router/dev"],
    lies: /^react-router (dev|build)\b|^vite(?! build)/,
    build: ["react-router", "build"],
    outcome({ tree }) {
      const config = configText(tree, "react-router.config");
      const folder = configFolder(config, "buildDirectory") ?? "build";
      if (/\bssr\s*:\s*false\b/.test(config)) return siteIn(`${folder}/client`, "index.html");
      return server("node_modules/.bin/react-router-serve", `./${folder}/server/index.js`);
    },
  },
  {
    name: "Remix",
    packages: ["@remix-run/dev"],
    lies: /^remix (dev|vite:dev|watch|build)\b|^vite(?! build)/,
    build: ["remix", "vite:build"],
    outcome({ tree }) {
      if (/\bssr\s*:\s*false\b/.test(configText(tree, "vite.config"))) return siteIn("build/client", "index.html");
      return server("node_modules/.bin/remix-serve", "./build/server/index.js");
    },
  },
  {
    name: "TanStack Start",
    packages: ["@tanstack/react-start", "@tanstack/solid-start", "@tanstack/start"],
    lies: /^vite(?! build)|^vinxi dev\b/,
    build: ["vite", "build"],
    outcome({ manifest }) {
      // Without Nitro it leaves a handler of requests, for which srvx is the server.
      const usesSrvx = "srvx" in manifest.dependencies && !nitro.some((name) => name in manifest.dependencies);
      if (!usesSrvx) return nitroServer;
      return server("node_modules/.bin/srvx", "--prod", "-s", "../client", "dist/server/server.js");
    },
  },
  {
    name: "SolidStart",
    packages: ["@solidjs/start"],
    lies: /^vinxi (dev|build)\b|^vite(?! build)/,
    build: ["vinxi", "build"],
    outcome: () => nitroServer,
  },
  {
    name: "Astro",
    packages: ["astro"],
    lies: /^astro( (dev|preview|start)\b|$)/,
    build: ["astro", "build"],
    outcome({ tree }) {
      const config = configText(tree, "astro.config");
      const folder = configFolder(config, "outDir") ?? "dist";
      if (!config.includes("@astrojs/node")) return siteIn(folder);
      // Its server answers only to itself unless it is told an address.
      return { kind: "server", argv: ["node", `./${folder}/server/entry.mjs`], env: { HOST: "0.0.0.0" } };
    },
  },
  {
    name: "Angular",
    packages: ["@angular/core"],
    lies: /^ng (serve|s|dev)\b|^ng$/,
    build: ["ng", "build"],
    outcome: angularOutcome,
  },
  {
    name: "NestJS",
    packages: ["@nestjs/cli"],
    lies: /^nest start\b/,
    build: ["nest", "build"],
    outcome({ tree }) {
      const main = configEntry(tree.read("nest-cli.json")) ?? "main";
      return server("node", `${configFolder(tree.read("tsconfig.json") ?? "", '"?outDir"?') ?? "dist"}/${main}`);
    },
  },
  {
    name: "AdonisJS",
    packages: ["@adonisjs/core"],
    // It is meant for the folder that the build makes.
    lies: /^node (--\S+ )*(ace serve|bin\/server(\.js)?)\b/,
    build: ["node", "ace", "build"],
    outcome: () => ({ kind: "server", argv: ["node", "build/bin/server.js"], env: { HOST: "0.0.0.0" } }),
  },
  {
    name: "Strapi",
    packages: ["@strapi/strapi"],
    lies: /^strapi dev/,
    build: ["strapi", "build"],
    outcome: () => ({
      kind: "server",
      argv: ["node_modules/.bin/strapi", "start"],
      writable: ["public/uploads", ".tmp"],
    }),
  },
  {
    name: "Analog",
    packages: ["@analogjs/platform"],
    lies: viteDevelops,
    build: ["vite", "build"],
    outcome: () => server("node", "dist/analog/server/index.mjs"),
  },
  {
    name: "Quasar",
    packages: ["@quasar/app-vite", "@quasar/app-webpack"],
    lies: /^quasar dev\b/,
    build: ["quasar", "build"],
    outcome: ({ build }) =>
      /-m(?:ode)? ssr\b/.test(build) ? server("node", "dist/ssr/index.js") : siteIn("dist/spa", "index.html"),
  },
  {
    name: "Create React App",
    packages: ["react-scripts"],
    lies: /^(react-scripts|craco|react-app-rewired) start\b/,
    build: ["react-scripts", "build"],
    outcome: () => siteIn("build", "index.html"),
  },
  {
    name: "Vue CLI",
    packages: ["@vue/cli-service"],
    lies: /^vue-cli-service serve\b/,
    build: ["vue-cli-service", "build"],
    outcome: ({ tree, build }) =>
      siteIn(
        optionFolder(build, "--dest") ?? configFolder(configText(tree, "vue.config"), "outputDir") ?? "dist",
        "index.html",
      ),
  },
  {
    name: "Expo",
    packages: ["expo"],
    lies: /^expo start\b/,
    build: ["expo", "export", "--platform", "web"],
    outcome: ({ build }) => siteIn(optionFolder(build, "--output-dir") ?? "dist", "index.html"),
  },
  {
    name: "Gatsby",
    packages: ["gatsby"],
    lies: /^gatsby (develop|serve|start)\b/,
    build: ["gatsby", "build"],
    outcome: () => siteIn("public"),
  },
  {
    name: "Docusaurus",
    packages: ["@docusaurus/core"],
    lies: /^docusaurus (start|serve)\b/,
    build: ["docusaurus", "build"],
    outcome: ({ build }) => siteIn(optionFolder(build, "--out-dir") ?? "build"),
  },
  {
    name: "VitePress",
    packages: ["vitepress"],
    lies: /^vitepress( (dev|serve|preview)\b|$)/,
    build: ["vitepress", "build"],
    outcome({ tree }) {
      const config = tree.paths.find((path) => /(^|\/)\.vitepress\/config\.[cm]?[jt]s$/.test(path));
      return siteIn(`${config?.replace(/\/config\.[cm]?[jt]s$/, "") ?? ".vitepress"}/dist`);
    },
  },
  {
    name: "VuePress",
    packages: ["vuepress"],
    lies: /^vuepress( (dev|serve)\b|$)/,
    build: ["vuepress", "build", "docs"],
    outcome: ({ build }) => siteIn(`${/vuepress build ([\w./-]+)/.exec(build)?.[1] ?? "docs"}/.vuepress/dist`),
  },
  {
    name: "Hexo",
    packages: ["hexo"],
    lies: /^hexo (server|s)\b/,
    build: ["hexo", "generate"],
    outcome: () => siteIn("public"),
  },
  {
    name: "Ember",
    packages: ["ember-cli"],
    lies: /^(ember (serve|server|s)|vite)\b/,
    build: ["ember", "build", "--environment=production"],
    outcome: ({ build }) => siteIn(optionFolder(build, "--output-path") ?? "dist", "index.html"),
  },
  {
    name: "Eleventy",
    packages: ["@11ty/eleventy"],
    lies: /^eleventy .*--(serve|watch)\b/,
    build: ["eleventy"],
    outcome: ({ build }) => siteIn(optionFolder(build, "--output") ?? "_site"),
  },
  {
    name: "Parcel",
    packages: ["parcel"],
    lies: /^parcel(?! build)/,
    build: ["parcel", "build"],
    outcome: ({ build }) => siteIn(optionFolder(build, "--dist-dir", "-d") ?? "dist"),
  },
  {
    name: "Rsbuild",
    packages: ["@rsbuild/core"],
    lies: /^rsbuild (dev|preview)\b/,
    build: ["rsbuild", "build"],
    outcome: () => siteIn("dist", "index.html"),
  },
  {
    name: "Nitro",
    packages: ["nitropack", "nitro"],
    lies: /^(nitro|nitropack) (dev|preview)\b|^vite(?! build)/,
    build: ["nitro", "build"],
    outcome: () => nitroServer,
  },
  { name: "Vite", packages: ["vite"], lies: viteDevelops, build: ["vite", "build"], outcome: viteOutcome },
  {
    name: "webpack",
    packages: ["webpack-dev-server"],
    lies: /^webpack(-dev-server\b| (serve|s)\b)/,
    build: ["webpack", "--mode", "production"],
    outcome({ tree }) {
      const config = configText(tree, "webpack.config", "webpack.prod", "webpack.common");
      return siteIn("dist", /historyApiFallback\s*:\s*(true|\{)/.test(config) ? "index.html" : null);
    },
  },
];

/** `entryFile` of nest-cli.json. */
function configEntry(text: string | undefined): string | null {
  return /"entryFile"\s*:\s*"([\w./-]+)"/.exec(text ?? "")?.[1] ?? null;
}

/** The framework that the project is built with; null where there is none. */
export function findFramework(tree: TreeView, manifest: Manifest): Framework | null {
  const found = frameworks.filter(({ packages }) => packages.some((name) => name in manifest.dependencies));
  return found.find(({ name }) => name !== "Vite" || isViteProject(tree, manifest)) ?? null;
}
