import type { Element } from "@xmldom/xmldom";
import { lockedPackage } from "../locked-package.ts";
import type { Scope } from "../locked-package.ts";
import type { Lockfile } from "../lockfile.ts";

/** pom.xml: Maven has no lockfile, so these are the dependencies that are declared, without what they need in turn. Source: Maven's POM reference. */
export const mavenProject: Lockfile = {
  ecosystem: "maven",
  name: "pom.xml",
  nested: true,
  beside: null,
  async parse(text) {
    const { DOMParser } = await import("@xmldom/xmldom");
    const project = new DOMParser({ onError: failOnError }).parseFromString(text, "text/xml").documentElement;
    if (project === null) return [];
    const fill = makeFill(project);
    const nameOf = (one: Element) => [fill(textIn(one, "groupId")), fill(textIn(one, "artifactId"))].join(":");
    const management = child(project, "dependencyManagement");
    const managed = new Map(dependenciesOf(management).map((one) => [nameOf(one), fill(textIn(one, "version"))]));
    return dependenciesOf(project).flatMap((one) => {
      const name = nameOf(one);
      if (!/^[^:${}]+:[^:${}]+$/.test(name)) return [];
      const version = fill(textIn(one, "version")) ?? managed.get(name);
      const isKnown = version !== undefined && !version.includes("${");
      return lockedPackage("maven", name, isKnown ? version : null, { scope: scopeOf(one) });
    });
  },
};

/** Fills in what a value names of the project's own properties. */
function makeFill(project: Element): (value: string | undefined) => string | undefined {
  const properties = new Map(children(child(project, "properties")).map((one) => [one.tagName, textOf(one)]));
  const parent = child(project, "parent");
  for (const field of ["version", "groupId"]) {
    const value = textIn(project, field) ?? textIn(parent, field);
    if (value !== undefined) properties.set(`project.${field}`, value);
  }
  return (value) => value?.replace(/\$\{([^}]+)\}/g, (whole, name: string) => properties.get(name) ?? whole);
}

function dependenciesOf(element: Element | undefined): Element[] {
  return children(child(element, "dependencies")).filter(({ tagName }) => tagName === "dependency");
}

function scopeOf(dependency: Element): Scope {
  const scope = textIn(dependency, "scope");
  if (scope === "test" || scope === "provided") return "excluded";
  return textIn(dependency, "optional") === "true" ? "optional" : "required";
}

function failOnError(level: string, message: string): void {
  if (level !== "warning") throw new SyntaxError(message);
}

function children(element: Element | undefined): Element[] {
  return element === undefined ? [] : [...element.children];
}

function child(element: Element | undefined, name: string): Element | undefined {
  return children(element).find(({ tagName }) => tagName === name);
}

function textIn(element: Element | undefined, name: string): string | undefined {
  const found = child(element, name);
  return found === undefined ? undefined : textOf(found);
}

function textOf(element: Element): string {
  return (element.textContent ?? "").trim();
}
