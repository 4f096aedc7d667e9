import { BerthError } from "@berth/core/errors";

/** Hono's client puts path parameters into the URL as they are. This encodes them, so that a name can never become another route. */
export function encodeParams<Routes extends object>(routes: Routes): Routes {
  return new Proxy(routes, {
    get: (target, key) => {
      const member: unknown = Reflect.get(target, key);
      return typeof member === "function" ? encodeParams(member) : member;
    },
    apply: (target, self, [input, ...rest]: unknown[]) =>
      typeof target === "function" ? Reflect.apply(target, self, [withEncodedParams(input), ...rest]) : undefined,
  });
}

function withEncodedParams(input: unknown): unknown {
  if (typeof input !== "object" || input === null || !("param" in input)) return input;
  const { param } = input;
  if (typeof param !== "object" || param === null) return input;
  return {
    ...input,
    param: Object.fromEntries(Object.entries(param).map(([name, value]) => [name, encode(name, value)])),
  };
}

function encode(name: string, value: unknown): string {
  const text = String(value);
  // These would vanish from the path, or shorten it.
  if (text === "" || text === "." || text === "..") {
    throw new BerthError("input.invalid", `${JSON.stringify(text)} cannot be used here.`, {
      path: name,
      hint: `Give the ${name}.`,
    });
  }
  return encodeURIComponent(text);
}
