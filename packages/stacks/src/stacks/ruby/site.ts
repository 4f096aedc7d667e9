import type { Gems } from "./gems.ts";

/** Programs that build a static site, as gems. */
const generators: readonly {
  gem: string;
  name: string;
  argv: readonly string[];
  folder: string;
  env: Record<string, string>;
}[] = [
  { gem: "jekyll", name: "Jekyll", argv: ["jekyll", "build"], folder: "_site", env: { JEKYLL_ENV: "production" } },
  {
    gem: "github-pages",
    name: "Jekyll",
    argv: ["jekyll", "build"],
    folder: "_site",
    env: { JEKYLL_ENV: "production" },
  },
  { gem: "middleman", name: "Middleman", argv: ["middleman", "build"], folder: "build", env: {} },
  { gem: "nanoc", name: "Nanoc", argv: ["nanoc", "compile"], folder: "output", env: {} },
];

export type Generator = (typeof generators)[number];

export function findGenerator(gems: Gems): Generator | null {
  return generators.find(({ gem }) => gems.versions.has(gem)) ?? null;
}
