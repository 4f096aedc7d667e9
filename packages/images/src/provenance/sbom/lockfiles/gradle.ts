import { lockedPackage } from "../locked-package.ts";
import type { Lockfile } from "../lockfile.ts";

/** gradle.lockfile: `group:name:version=configurations`. Source: Gradle's documentation, Locking Versions. */
export const gradleLockfile: Lockfile = {
  ecosystem: "maven",
  name: "gradle.lockfile",
  nested: true,
  beside: null,
  parse: (text) =>
    text.split(/\r?\n/).flatMap((line) => {
      const found = /^([^#=:\s]+:[^=:\s]+):([^=:\s]+)=(.*)$/.exec(line.trim());
      if (found === null) return [];
      const [, name = "", version = "", configurations = ""] = found;
      const isForTests = configurations.split(",").every((one) => /test|annotationProcessor/i.test(one));
      return lockedPackage("maven", name, version, { scope: isForTests ? "excluded" : "required" });
    }),
};
