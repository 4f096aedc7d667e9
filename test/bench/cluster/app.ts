import { manifest, smallService } from "../../support/programs.ts";

/** By name; all of them in one folder. */
export type Files = Record<string, string>;

export const programOf = ["node", "server.js"];

const server = `import { createServer } from "node:http";
import { greeting } from "./greeting.js";

createServer((request, response) => response.end(greeting)).listen(Number(process.env.PORT));
`;

/** An app without dependencies, and so many files beside its own: what a change of code alone is measured with. */
export function makeFiles(text: string, modules: number): Files {
  return {
    "package.json": manifest("notes"),
    "berth.yaml": smallService,
    "server.js": server,
    ...changeOf(text),
    ...Object.fromEntries(Array.from({ length: modules }, (_, index) => [`module-${index}.js`, makeModule(index)])),
  };
}

/** What makes it answer this text. */
export function changeOf(text: string): Files {
  return { "greeting.js": `export const greeting = ${JSON.stringify(text)};\n` };
}

function makeModule(index: number): string {
  const values = Array.from({ length: 20 + (index % 40) }, (_, line) => `export const value${line} = ${index * line};`);
  return `${values.join("\n")}\n`;
}
