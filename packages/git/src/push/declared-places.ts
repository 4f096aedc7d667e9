import { type BranchPlaces, readWhole, type SourceTree } from "@berth/core";

const file = "berth.yaml";
/** What is larger is no berth.yaml that could be deployed, and is not read into memory to find that out. */
const maxBytes = 4 * 2 ** 20;
/** Most files name no environments: then nothing that reads YAML is needed before the build. */
const namesEnvironments = /(?:^|[{,"'\s])environments["']?\s*:/m;

/** The environments that the berth.yaml of a source names. One that cannot be read names none: why is told when it is deployed. */
export async function readBranchPlaces(source: SourceTree): Promise<BranchPlaces> {
  const entries = (await source.list()).filter(
    ({ path, mode, sizeBytes }) => path === file && mode !== "120000" && sizeBytes <= maxBytes,
  );
  for await (const { content } of source.contents(entries)) {
    const text = Buffer.from(await readWhole(content)).toString("utf8");
    if (!namesEnvironments.test(text)) return {};
    const { parseBerthYaml } = await import("@berth/core/berth-yaml");
    try {
      return parseBerthYaml(text).environments ?? {};
    } catch {
      return {};
    }
  }
  return {};
}
