import { environmentFolder, packagesFolder } from "./layout.ts";

/**
 * Makes of the environment what runs in another folder and is the same wherever it was made: no interpreter and no activation
 * scripts, programs that look for Python in PATH (also those whose first line was too long for a kernel), and no hash of what
 * their first line was before.
 */
export const relocate = [
  `cd ${environmentFolder}`,
  "rm -rf include lib64 pyvenv.cfg .gitignore .lock CACHEDIR.TAG bin/python bin/python3 bin/python3.* bin/activate bin/activate.* bin/activate_this.py bin/deactivate.bat bin/Activate.ps1 bin/pydoc.bat",
  `find bin -type f -exec sed -i.berth -e '1s|^#!.*/python.*|#!/usr/bin/env python3|' -e "2s|^'''exec' .*|'''exec' python3 \\"\\$0\\" \\"\\$@\\"|" {} +`,
  "find lib -name RECORD -exec sed -i.berth -e '/^[./]*bin\\//d' {} +",
  "find . -name '*.berth' -delete",
  `cd ../.. && mv ${environmentFolder} ${packagesFolder}`,
].join(" && ");

/** Bytecode that does not depend on times of files: an app starts in half the time. A package may carry a file for another Python that does not compile: that is no failure. */
export const compile = `python3 -m compileall -qq -j 0 --invalidation-mode unchecked-hash ${packagesFolder}/lib || true`;
