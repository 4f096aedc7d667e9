import semver from "semver";

/** How a version that is there may differ from the one that is asked for, where that is not a range: `same` as far as it is given, or `newer` too. */
export type Fit = "same" | "newer";

/** Whether a version fits what an ecosystem's file asks for: `3.11`, `>=3.10,<4`, `==3.11.*`, `~=3.10`, `^8.2`, `1.22`; nonsense is fitted by anything. */
export function fitsVersion(version: string, wanted: string, fit: Fit): boolean {
  const exact = semver.coerce(version, { includePrerelease: false });
  if (exact === null) return false;
  const range = semver.validRange(normalise(wanted));
  if (range === null) return true;
  if (fit === "newer" && /^v?\d+(\.\d+)*$/.test(wanted.trim())) {
    const lowest = semver.coerce(wanted);
    return lowest === null || semver.gte(exact, lowest);
  }
  return wanted.includes("!=")
    ? semver.satisfies(exact, range) && !isExcluded(exact, wanted)
    : semver.satisfies(exact, range);
}

/** The parts of Python's and Ruby's ranges in semver's terms. */
function normalise(wanted: string): string {
  return wanted
    .split("||")
    .map((alternative) =>
      alternative
        .split(",")
        .map((part) => part.trim())
        .filter((part) => part !== "" && !part.startsWith("!="))
        .map((part) =>
          part
            .replace(/^===?\s*/, "")
            .replace(
              /^~[=>]\s*(\d+)\.(\d+)$/,
              (_, major: string, minor: string) => `>=${major}.${minor} <${Number(major) + 1}`,
            )
            .replace(/^~[=>]\s*/, "~")
            .replace(/\.\*$/, ".x"),
        )
        .join(" "),
    )
    .join(" || ");
}

function isExcluded(version: semver.SemVer, wanted: string): boolean {
  return wanted
    .split(",")
    .map((part) => part.trim())
    .filter((part) => part.startsWith("!="))
    .some((part) => semver.satisfies(version, part.slice(2).trim().replace(/\.\*$/, ".x")));
}
