/** What an index of several manifests is called, by OCI and by Docker. */
export const indexTypes = [
  "application/vnd.oci.image.index.v1+json",
  "application/vnd.docker.distribution.manifest.list.v2+json",
] as const;
export const manifestTypes = [
  "application/vnd.oci.image.manifest.v1+json",
  "application/vnd.docker.distribution.manifest.v2+json",
] as const;

export const acceptManifests = [...indexTypes, ...manifestTypes].join(", ");

const configTypes = new Set([
  "application/vnd.oci.image.config.v1+json",
  "application/vnd.docker.container.image.v1+json",
]);

/** Whether a manifest with such a configuration is an image, and not a chart, a signature or whatever else registries keep. */
export function isImageConfig(mediaType: string): boolean {
  return configTypes.has(mediaType);
}

const layerTypes = new Set([
  "application/vnd.oci.image.layer.v1.tar",
  "application/vnd.oci.image.layer.v1.tar+gzip",
  "application/vnd.oci.image.layer.v1.tar+zstd",
  "application/vnd.docker.image.rootfs.diff.tar",
  "application/vnd.docker.image.rootfs.diff.tar.gzip",
  "application/vnd.docker.image.rootfs.diff.tar.zstd",
]);

/** What is wrong with a kind of layer, as the end of a sentence that begins with "a layer that"; null where nothing is. */
export function layerProblem(mediaType: string): string | null {
  if (layerTypes.has(mediaType)) return null;
  if (/nondistributable|foreign/.test(mediaType)) return "only its vendor hands out, as those of Windows are";
  if (mediaType.endsWith("+encrypted")) return "is encrypted";
  return `is of a kind Berth does not know, ${JSON.stringify(mediaType.slice(0, 100))}`;
}
