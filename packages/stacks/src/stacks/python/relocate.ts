import { environmentFolder, packagesFolder } from "./layout.ts";

/**
 * Makes of the environment what runs in another folder and is the same wherever it was made: no interpreter and no activation
 * scripts, programs that look for Python in PATH (also those whose first line was too long for a kernel), and no hash of what
 * their first line was before.
 */
export const relocate = [
  `mkdir ${packagesFolder} && mv ${environmentFolder}/bin ${environmentFolder}/lib ${packagesFolder} && cd ${packagesFolder}`,
  "rm -rf ../environment bin/python bin/python3* bin/[aA]ctivate* bin/*.bat",
  `find bin -type f -exec sed -i~ -e '1s|^#!.*/python.*|#!/usr/bin/env python3|' -e "2s|^'''exec' .*|'''exec' python3 \\"\\$0\\" \\"\\$@\\"|" {} +`,
  "find lib -name RECORD -exec sed -i~ -e '/^[./]*bin\\//d' {} +",
  "find bin lib -name '*~' -delete",
].join(" && ");

/** Bytecode that does not depend on times of files: an app starts in half the time. A package may carry a file for another Python that does not compile: that is no failure. */
export const compile = `python3 -m compileall -f -qq -j 0 --invalidation-mode unchecked-hash ${packagesFolder}/lib || true`;
