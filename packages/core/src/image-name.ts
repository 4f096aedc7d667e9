/** The parts of an image's name: `docker.io/library/node:24-slim` is registry `docker.io`, repository `library/node`, tag `24-slim`. */
export interface ImageName {
  /** Host, with a port where there is one. */
  registry: string;
  repository: string;
  tag: string;
  /** Set where the name says exactly which content it means. */
  digest: string | null;
}

const dockerHub = "docker.io";

/** Reads the name of an image as Docker does: without a registry it is Docker Hub's, there without a folder `library/`, without a tag `latest`. */
export function parseImageName(name: string): ImageName {
  const [plain = "", digest = null] = name.split("@", 2);
  const slash = plain.indexOf("/");
  const first = slash === -1 ? "" : plain.slice(0, slash);
  // A first part is a host where it looks like one: with a dot or a port, or localhost.
  const hasRegistry = /[.:]/.test(first) || first === "localhost";
  const registry = !hasRegistry || first === "index.docker.io" ? dockerHub : first;
  const rest = hasRegistry ? plain.slice(slash + 1) : plain;
  const colon = rest.lastIndexOf(":");
  const path = colon === -1 ? rest : rest.slice(0, colon);
  const repository = registry === dockerHub && !path.includes("/") ? `library/${path}` : path;
  return { registry, repository, tag: colon === -1 ? "latest" : rest.slice(colon + 1), digest };
}

/** The one way to write an image's name in full. */
export function qualifiedImage(name: string): string {
  const { registry, repository, tag, digest } = parseImageName(name);
  return `${registry}/${repository}:${tag}${digest === null ? "" : `@${digest}`}`;
}

/** A name as people write it: without what goes without saying. */
export function shortImage(name: string): string {
  return name.replace(/^docker\.io\/(library\/)?/, "");
}
