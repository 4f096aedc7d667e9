/** So many folders are named at most. */
const mostNamed = 4;

/** What a person would have answer at `/`. */
const faces = /^(web|www|frontend|front|client|site|ui|app|website)$/;

/** A line of berth.yaml that makes services of these folders, each with its own routes where there are several. */
export function nameFolders(folders: readonly string[], service: string): string {
  const [first = ".", ...others] = folders.slice(0, mostNamed);
  if (others.length === 0) return `\`services: { ${service}: { source: ${first} } }\``;
  const face = folders.find((folder) => faces.test(lastPart(folder))) ?? first;
  const services = [first, ...others].map((folder) => {
    const name = serviceName(folder);
    return `${name}: { source: ${folder}, routes: [${folder === face ? "/" : `/${name}`}] }`;
  });
  return `\`services: { ${services.join(", ")} }\``;
}

/** Folders in a sentence: `a, b and c`. */
export function listed(names: readonly string[]): string {
  const shown = names.slice(0, mostNamed);
  return shown.length < 2 ? shown.join("") : `${shown.slice(0, -1).join(", ")} and ${shown.at(-1)}`;
}

function lastPart(folder: string): string {
  return folder.slice(folder.lastIndexOf("/") + 1);
}

function serviceName(folder: string): string {
  const name = lastPart(folder)
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, "-")
    .replace(/^[^a-z]+|-+$/g, "");
  return name === "" ? "app" : name.slice(0, 30);
}
