import type { Platform } from "../artifact.ts";

/** Names of the annotations by which an image says what it needs to run. */
export const imageAnnotations = {
  stack: "dev.berth.stack",
  /** `os/architecture/libc`, the last empty where nothing in it is tied to one. */
  platform: "dev.berth.platform",
  /** JSON: the tools that its commands call, with the version each was built with. */
  tools: "dev.berth.tools",
  /** JSON: what its compiled parts are tied to, such as `{ node: "137", python: "cp311", glibc: "2.36" }`. */
  abi: "dev.berth.abi",
  baseLayers: "dev.berth.base.layers",
  /** An engine has made it: it has all it needs in it. */
  foreign: "dev.berth.foreign",
} as const;

/** What an image needs to run. */
export interface ImageNeeds {
  platform: Platform;
  hasBase: boolean;
  /** It was not made of layers of Berth's own, and can run in containers alone. */
  isForeign: boolean;
  /** Version by tool. */
  tools: Readonly<Record<string, string>>;
  abi: Readonly<Record<string, string>>;
}

/** Where an image is to run, or the base it is to lie on. */
export interface RunPlace {
  /** As a person knows it, such as `this machine` or `node:24-slim`. */
  name: string;
  platform: Platform;
  /** Images have to contain their base. */
  needsBase: boolean;
  /** The version of glibc there; null for musl, and where it is not known. */
  glibc: string | null;
  /** Versions of languages that are there and cannot be chosen; others come with the image, or are found for it. */
  tools: Readonly<Record<string, string>>;
}

/** Reads what an image says of itself. An image that says nothing of something needs nothing of it. */
export function imageNeeds(annotations: Readonly<Record<string, string>>, platform: Platform): ImageNeeds {
  const [os, architecture, libc] = (annotations[imageAnnotations.platform] ?? "").split("/");
  return {
    platform: {
      os: os || platform.os,
      architecture: architecture || platform.architecture,
      libc: libc === undefined ? platform.libc : libc === "glibc" || libc === "musl" ? libc : null,
    },
    hasBase:
      annotations[imageAnnotations.baseLayers] !== undefined || annotations[imageAnnotations.foreign] !== undefined,
    isForeign: annotations[imageAnnotations.foreign] !== undefined,
    tools: readRecord(annotations[imageAnnotations.tools]),
    abi: readRecord(annotations[imageAnnotations.abi]),
  };
}

function readRecord(text: string | undefined): Record<string, string> {
  if (text === undefined) return {};
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value !== "object" || value === null) return {};
    return Object.fromEntries(Object.entries(value).map(([name, version]) => [name, String(version)]));
  } catch {
    return {};
  }
}

/** What to do about an image that does not run where apps run now. */
export const unfitHint =
  "Push its commit again, or run `berth rebuild` for what is live: it is built for where apps run now.";

/** Why an image cannot run in a place, in a sentence; null where it can. */
export function unfitReason(image: ImageNeeds, place: RunPlace): string | null {
  const { platform } = place;
  if (image.platform.os !== platform.os || image.platform.architecture !== platform.architecture) {
    return `It was built for ${platformText(image.platform)}, and ${place.name} is ${platformText(platform)}.`;
  }
  if (place.needsBase && !image.hasBase) {
    return `It was built without the base image that ${place.name} needs: build it again.`;
  }
  if (!place.needsBase && image.isForeign) {
    return `It was made by a Dockerfile and can run in containers alone, and ${place.name} runs apps without them.`;
  }
  // An image with a base brings its own C library and languages.
  return image.hasBase && place.needsBase ? null : unfitParts(image, place);
}

/** Why what was built cannot lie on a base, or run with what a machine has: its compiled parts and languages are compared. */
export function unfitParts(image: Pick<ImageNeeds, "platform" | "tools" | "abi">, place: RunPlace): string | null {
  const { abi } = image;
  const { libc } = place.platform;
  if (abi["musl"] !== undefined && libc === "glibc") {
    return `It has compiled parts for musl, and ${place.name} has glibc.`;
  }
  if (abi["glibc"] !== undefined && libc === "musl") {
    return `It has compiled parts for glibc, and ${place.name} has musl.`;
  }
  if (abi["glibc"] !== undefined && place.glibc !== null && isNewer(abi["glibc"], place.glibc)) {
    return `It has compiled parts that need glibc ${abi["glibc"]}, and ${place.name} has ${place.glibc}.`;
  }
  for (const [language, version] of Object.entries(place.tools)) {
    const reason = unfitLanguage(language, version, image, place.name);
    if (reason !== null) return reason;
  }
  return null;
}

const languageNames: Record<string, string> = {
  node: "Node",
  python: "Python",
  ruby: "Ruby",
  php: "PHP",
  java: "Java",
};

function unfitLanguage(
  language: string,
  there: string,
  image: Pick<ImageNeeds, "tools" | "abi">,
  place: string,
): string | null {
  const built = image.tools[language];
  if (built === undefined || image.abi[language] === undefined) return null;
  // Extensions of Node fit within a major version, those of the others, and where their packages lie, within a minor one.
  const depth = language === "node" || language === "java" ? 1 : 2;
  const [left, right] = [built, there].map((version) => version.split(".").slice(0, depth).join("."));
  if (left === right) return null;
  const name = languageNames[language] ?? language;
  return `Its dependencies were installed for ${name} ${left}, and ${place} has ${name} ${right}.`;
}

function isNewer(version: string, than: string): boolean {
  const [left, right] = [version, than].map((text) => text.split(".").map(Number));
  for (let at = 0; at < Math.max(left!.length, right!.length); at++) {
    const difference = (left![at] ?? 0) - (right![at] ?? 0);
    if (difference !== 0) return difference > 0;
  }
  return false;
}

function platformText({ os, architecture }: Platform): string {
  return `${os}/${architecture}`;
}
