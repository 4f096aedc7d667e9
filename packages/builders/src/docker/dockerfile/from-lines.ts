import { qualifiedImage } from "@berth/core";

/** The images that a Dockerfile's stages stand on, by their full names: without its own stages, `scratch`, and what hangs on an argument that has no value. Source: Dockerfile reference, FROM. */
export function fromImages(text: string, buildArguments: Readonly<Record<string, string>>): string[] {
  const values: Record<string, string> = {};
  const stages = new Set<string>();
  const images = new Set<string>();
  const joined = text.replace(/\\\r?\n/g, " ");
  for (const line of joined.split(/\r?\n/)) {
    const argument = /^\s*ARG\s+(\w+)(?:=("[^"]*"|'[^']*'|\S+))?/i.exec(line);
    if (argument !== null && stages.size === 0 && images.size === 0) {
      const [, name = "", value = ""] = argument;
      values[name] = buildArguments[name] ?? value.replace(/^(["'])(.*)\1$/, "$2");
    }
    const from = /^\s*FROM\s+(?:--\S+\s+)*(\S+)(?:\s+AS\s+(\S+))?/i.exec(line);
    if (from === null) continue;
    const [, written = "", stage] = from;
    const image = fill(written, values);
    if (image !== null && image !== "scratch" && !stages.has(image.toLowerCase())) images.add(qualifiedImage(image));
    if (stage !== undefined) stages.add(stage.toLowerCase());
  }
  return [...images];
}

/** Null where a value is missing. */
function fill(text: string, values: Readonly<Record<string, string>>): string | null {
  let isWhole = true;
  const filled = text.replace(/\$(?:\{(\w+)(?::-([^}]*))?\}|(\w+))/g, (_, braced, fallback, plain) => {
    const value = values[String(braced ?? plain)] || String(fallback ?? "");
    isWhole &&= value !== "";
    return value;
  });
  return isWhole && /^[a-z0-9][\w./:@-]*$/i.test(filled) ? filled : null;
}
