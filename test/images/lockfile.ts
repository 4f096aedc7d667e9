/** A manifest that wants a package which its lockfile knows nothing of. */
export const disagreeing = {
  "package.json": JSON.stringify({
    name: "apart",
    version: "1.0.0",
    type: "module",
    scripts: { start: "node server.js" },
    dependencies: { "is-odd": "3.0.1" },
  }),
  "package-lock.json": JSON.stringify({
    name: "apart",
    version: "1.0.0",
    lockfileVersion: 3,
    requires: true,
    packages: { "": { name: "apart", version: "1.0.0" } },
  }),
};
