import { commandFromText, ownCommand, qualifiedImage, shortImage, type Finding, type TreeView } from "@berth/core";
import { refuse, type Hints, type Stack, type StackResult } from "../../stack.ts";
import { readDockerfile, type DockerfileView } from "./read-dockerfile.ts";

const usual = "Dockerfile";

/** An image that the source's own Dockerfile makes. */
export const dockerfile: Stack = {
  name: "dockerfile",
  // Others are named in berth.yaml only: the pattern is what they are called.
  reads: (path) => path === usual || /(^|\/)[^/]*(Dockerfile|Containerfile)[^/]*$/i.test(path),
  detect: (tree) => (tree.has(usual) ? { what: "a Dockerfile", from: usual } : null),
  command: (text) => commandFromText(text),
  plan: planDockerfile,
};

function planDockerfile(tree: TreeView, hints: Hints): StackResult {
  const path = hints.dockerfile ?? usual;
  if (!tree.has(path)) {
    const hint = hints.dockerfile === null ? "Add one, or name it: `dockerfile:`." : "Correct `dockerfile:`.";
    return refuse(`There is no ${path}.`, path, `${hint} The path is relative to the service's source.`);
  }
  const useless = (["build", "output", "version"] as const).find((key) => hints[key] !== null);
  if (useless !== undefined) {
    return refuse(
      `\`${useless}:\` says nothing to a Dockerfile.`,
      "berth.yaml",
      `Leave it out, or leave the Dockerfile out: \`stack:\` names another way to build.`,
    );
  }
  const text = tree.read(path);
  const view = text === undefined ? null : readDockerfile(text);
  // Another name than usual is built all the same, unread; what it lacks the engine will say.
  if (text !== undefined && view === null) {
    return refuse(`${path} has no FROM.`, path, "Begin it with the image that yours is made on: FROM node:24-slim.");
  }
  const port = view === null ? null : findPort(view, path);
  const missing = view !== null && !view.hasCommand && view.from === null && hints.commandFrom === null;
  if (missing) {
    return refuse(`${path} does not say what is started.`, path, "Add a CMD to it, or `command:` in berth.yaml.");
  }
  return {
    ok: true,
    plan: {
      stack: "dockerfile",
      findings: [
        { what: "a Dockerfile", from: path },
        ...(port === null ? [{ what: "listens on PORT", from: "no EXPOSE says another port" }] : [port.finding]),
        hints.commandFrom === null
          ? { what: "starts as the image says", from: view?.hasCommand === true ? path : "the image it is made on" }
          : { what: ownCommand, from: hints.commandFrom },
      ],
      // Told only: what the file says is what the engine takes.
      base: { image: qualifiedImage(imageOf(view)), digest: null },
      buildImage: null,
      dockerfile: path,
      tools: {},
      steps: [],
      contents: { dependencies: [], app: "all", support: [] },
      command: { argv: [] },
      env: port === null ? {} : { PORT: String(port.port) },
      programs: [],
      writable: [],
    },
  };
}

/** The image of the last stage, as far as the file alone tells. */
function imageOf(view: DockerfileView | null): string {
  return view?.from != null && /^[a-z0-9][\w./:@-]*$/.test(view.from) ? view.from : "scratch";
}

/** The port of programs that listen on a fixed one; it becomes PORT, so that those that ask are right too. */
function findPort({ env, ports, from }: DockerfileView, path: string): { port: number; finding: Finding } | null {
  const set = /^\d{1,5}$/.test(env["PORT"] ?? "") ? Number(env["PORT"]) : null;
  if (set !== null) return { port: set, finding: { what: `listens on ${set}`, from: `${path} ENV PORT` } };
  const exposed = ports.find((port) => port !== 443) ?? ports[0];
  if (exposed !== undefined) {
    const others = ports.length > 1 ? `, of ${ports.join(", ")}` : "";
    return { port: exposed, finding: { what: `listens on ${exposed}${others}`, from: `${path} EXPOSE` } };
  }
  // Web servers whose own Dockerfile says what those made on them leave out.
  const server = from === null ? null : /^(nginx|httpd|caddy)(:|@|$)/.exec(shortImage(qualifiedImage(from)))?.[1];
  return server == null ? null : { port: 80, finding: { what: "listens on 80", from: `${path} FROM ${server}` } };
}
