import { nodesAt, readXml, textAt, type XmlNode } from "../../xml.ts";

/** What a pom.xml says, as far as it decides about building and starting. */
export interface Pom {
  artifactId: string;
  packaging: string;
  /** Folders of its modules, relative to it. */
  modules: readonly string[];
  properties: Readonly<Record<string, string>>;
  /** Artifact ids of the plugins that its build runs. */
  plugins: ReadonlySet<string>;
  /** Group ids of its dependencies. */
  groups: ReadonlySet<string>;
  /** Whether a plugin is told the class to start. */
  hasMainClass: boolean;
  /** What the compiler plugin is told of the language's version. */
  release: string | null;
  /** The artifact id of its parent. */
  parent: string | null;
  profiles: ReadonlySet<string>;
}

/** Reads a pom.xml; null where it is none. Source: Maven, "POM Reference". */
export function readPom(text: string): Pom | null {
  const project = readXml(text);
  if (project?.name !== "project") return null;
  const plugins = nodesAt(project, "build", "plugins", "plugin");
  const properties = Object.fromEntries(
    nodesAt(project, "properties").flatMap(({ children }) => children.map(({ name, text }) => [name, text])),
  );
  const fill = (text: string | null) =>
    text?.replace(/\$\{([^}]+)\}/g, (all, name: string) => properties[name] ?? all) ?? null;
  const compilers = [...plugins, ...nodesAt(project, "build", "pluginManagement", "plugins", "plugin")].filter(
    (plugin) => textAt(plugin, "artifactId") === "maven-compiler-plugin",
  );
  return {
    artifactId: fill(textAt(project, "artifactId")) ?? "app",
    packaging: fill(textAt(project, "packaging")) ?? "jar",
    modules: nodesAt(project, "modules", "module").map(({ text }) =>
      text.replace(/\/pom\.xml$/, "").replace(/\/+$/, ""),
    ),
    properties,
    plugins: new Set(plugins.flatMap((plugin) => textAt(plugin, "artifactId") ?? [])),
    groups: new Set(nodesAt(project, "dependencies", "dependency").flatMap((each) => textAt(each, "groupId") ?? [])),
    hasMainClass: plugins.some((plugin) => isNamed(plugin, "mainClass")),
    release: compilers.flatMap(releaseOf).map(fill)[0] ?? null,
    parent: textAt(project, "parent", "artifactId"),
    profiles: new Set(nodesAt(project, "profiles", "profile", "id").map(({ text }) => text)),
  };
}

function releaseOf(plugin: XmlNode): string[] {
  return ["release", "target", "source"].flatMap((name) => textAt(plugin, "configuration", name) ?? []);
}

/** Whether there is an element of this name, with text, anywhere in the node. */
function isNamed(node: XmlNode, name: string): boolean {
  return (node.name === name && node.text !== "") || node.children.some((child) => isNamed(child, name));
}
