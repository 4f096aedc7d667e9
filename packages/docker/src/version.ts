import { BerthError } from "@berth/core";

/** What Berth's calls are written for; a newer engine takes them too. */
const newest = "1.47";
/** Docker 20.10: the first that publishes to one address and counts memory in one look. */
const oldest = "1.41";

/** The version of the API to speak with an engine that speaks up to this one. Throws `settings.invalid` for one that is too old. */
export function negotiateApiVersion(engines: string): string {
  if (isOlder(engines, oldest)) {
    throw new BerthError("settings.invalid", `The Docker engine is too old: its API is ${engines}.`, {
      path: "DOCKER_HOST",
      hint: `Berth needs Docker 20.10 or newer (API ${oldest}).`,
    });
  }
  return isOlder(engines, newest) ? engines : newest;
}

/** Whether one version, such as `1.9`, comes before another, such as `1.41`. */
export function isOlder(version: string, than: string): boolean {
  const [major = 0, minor = 0] = version.split(".").map(Number);
  const [thanMajor = 0, thanMinor = 0] = than.split(".").map(Number);
  return major === thanMajor ? minor < thanMinor : major < thanMajor;
}
