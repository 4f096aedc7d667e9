import { BerthError } from "../errors.ts";
import { maxValueBytes } from "./entry.ts";

export interface ReferenceScope {
  /** Variables whose text is taken as it is, such as what Berth sets itself. They may be referred to. */
  literal: ReadonlySet<string>;
  /** Variables whose text nobody may read: errors do not repeat what they refer to. */
  secret: ReadonlySet<string>;
  /** Base URLs of the services that listen, by name. */
  services: Readonly<Record<string, string>>;
}

const servicePattern = /^services\.([a-z][a-z0-9-]*)\.url$/;
/** A variable can refer to one that refers to another, and so on, so far. */
const maxDepth = 100;
/** What one variable says with its references filled in, in bytes: a system takes no more. */
const maxResolvedBytes = 2 * maxValueBytes;
/** The same of all variables of a service: a Secret of Kubernetes holds 1 MiB, with what a runtime adds to them. */
const maxAllBytes = 1_000_000;
/** `$${`, a reference, or one that does not end. */
const marks = /\$\$\{|\$\{([^{}]*)\}|\$\{/g;

/** The services whose address a text refers to. */
export function neighboursIn(text: string): string[] {
  return [...text.matchAll(marks)].flatMap(([, name]) => servicePattern.exec(name ?? "")?.[1] ?? []);
}

/**
 * Variables with what they refer to filled in: `${OTHER}` is another variable, `${services.api.url}` a neighbour's URL, `$${` is a plain
 * `${`. Throws `config.invalid` that names the variable whose reference leads nowhere, does not end, or comes back to itself, and where they
 * come to more than a system takes: each may name the one before twice.
 */
export function resolveReferences(
  variables: Readonly<Record<string, string>>,
  scope: ReferenceScope,
): Record<string, string> {
  const resolved = new Map<string, string>();
  let allBytes = 0;
  const resolve = (key: string, way: readonly string[]): string => {
    const known = resolved.get(key);
    if (known !== undefined) return known;
    if (way.includes(key)) throw cycle([...way.slice(way.indexOf(key)), key]);
    if (way.length >= maxDepth) throw wrong(way[0]!, `refers to others that refer to others, ${maxDepth} times over`);
    const text = variables[key]!;
    let filledBytes = Buffer.byteLength(text);
    const fill = (part: string) => {
      filledBytes += Buffer.byteLength(part);
      if (filledBytes > maxResolvedBytes) throw tooLong(key);
      return part;
    };
    const isPlain = scope.literal.has(key) || !text.includes("${");
    const value = isPlain
      ? text
      : text.replace(marks, (mark, name: string | undefined) => {
          if (mark === "$${") return "${";
          if (name === undefined) throw wrong(key, "has a reference without an end");
          const service = servicePattern.exec(name)?.[1];
          if (service !== undefined && Object.hasOwn(scope.services, service)) return fill(scope.services[service]!);
          if (service === undefined && Object.hasOwn(variables, name)) return fill(resolve(name, [...way, key]));
          const shown = scope.secret.has(key) ? "something" : mark;
          throw wrong(key, `refers to ${shown} that is not there`, service === undefined ? undefined : scope.services);
        });
    allBytes += filledBytes;
    if (allBytes > maxAllBytes) throw tooMuch();
    resolved.set(key, value);
    return value;
  };
  return Object.fromEntries(Object.keys(variables).map((key) => [key, resolve(key, [])]));
}

function wrong(key: string, what: string, services?: ReferenceScope["services"]): BerthError {
  const names = services === undefined ? null : Object.keys(services).join(", ") || "none";
  return new BerthError("config.invalid", `The variable ${key} ${what}.`, {
    path: key,
    hint:
      names === null
        ? "Set what it refers to, or write $${ for a ${ that is meant as text."
        : `Services that others reach: ${names}.`,
  });
}

function tooLong(key: string): BerthError {
  return new BerthError(
    "config.invalid",
    `The variable ${key} has more than ${maxResolvedBytes} bytes with what it refers to.`,
    {
      path: key,
      hint: "A system takes no more in one variable: put large things into a file of the image or a store.",
    },
  );
}

function tooMuch(): BerthError {
  return new BerthError(
    "config.invalid",
    `The variables of a service have more than ${maxAllBytes} bytes altogether.`,
    {
      path: "env",
      hint: "No cluster takes more: put large things into a file of the image or a store.",
    },
  );
}

function cycle(way: readonly string[]): BerthError {
  return new BerthError("config.invalid", `Variables refer to each other in a circle: ${way.join(" → ")}.`, {
    path: way[0]!,
    hint: "Give one of them a value of its own.",
  });
}
