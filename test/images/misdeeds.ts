import { createHash } from "node:crypto";
import { once } from "node:events";
import { registryUrl } from "../support/parts.ts";
import { type Misdeed, smallestLayerBytes } from "./mirror.ts";

const json = { "content-type": "application/json" };
const manifestType = "application/vnd.oci.image.manifest.v1+json";
const indexType = "application/vnd.oci.image.index.v1+json";

/** Lets nobody in but those with this name and password. */
export const lockedFor = (login: string): Misdeed => {
  const expected = `Basic ${Buffer.from(login).toString("base64")}`;
  return ({ authorization }, response) => {
    if (authorization === expected) return;
    response.writeHead(401, { ...json, "www-authenticate": 'Basic realm="harbour"' });
    response.end('{"errors":[{"code":"UNAUTHORIZED","message":"authentication required"}]}');
  };
};

/** Sends so many bytes of each layer, from wherever it is asked for, and hangs up. */
export const stopsAfter =
  (sentBytes: number): Misdeed =>
  async ({ kind, upstream }, response) => {
    if (kind !== "blob") return;
    const { status, headers, bytes } = await readAll(await upstream());
    response.writeHead(status, headers);
    if (bytes.length < smallestLayerBytes) return void response.end(bytes);
    response.write(bytes.subarray(0, sentBytes), () => response.destroy());
    await once(response, "close");
  };

/** Sends each layer with one bit turned near its end. */
export const turnsABit: Misdeed = async ({ kind, upstream }, response) => {
  if (kind !== "blob") return;
  const { status, headers, bytes } = await readAll(await upstream());
  if (bytes.length >= smallestLayerBytes) bytes[bytes.length - 100]! ^= 1;
  response.writeHead(status, headers).end(bytes);
};

/** Takes no upload to its end. */
export const hangsUpOnUploads: Misdeed = ({ kind }, response) => {
  if (kind === "upload") response.destroy();
};

/** Has the image of a tag, all of it, for another architecture alone: as a manifest of its own or in an index. */
export async function onlyFor(architecture: string, image: string, how: "manifest" | "index"): Promise<Misdeed> {
  const [name, tag] = image.split(":");
  const at = `${registryUrl}/v2/library/${name}`;
  const real = await readJson<{ config: { mediaType: string; digest: string } }>(`${at}/manifests/${tag}`);
  const config = await readJson<object>(`${at}/blobs/${real.config.digest}`);
  const contents = new Map<string, { type: string; bytes: Buffer }>();
  const keep = (type: string, value: unknown) => {
    const bytes = Buffer.from(JSON.stringify(value));
    const digest = `sha256:${createHash("sha256").update(bytes).digest("hex")}`;
    contents.set(digest, { type, bytes });
    return { mediaType: type, digest, size: bytes.length };
  };
  const other = { ...keep("application/octet-stream", { ...config, architecture }), mediaType: real.config.mediaType };
  const manifest = keep(manifestType, { ...real, config: other });
  const platform = { os: "linux", architecture };
  const index = keep(indexType, { schemaVersion: 2, mediaType: indexType, manifests: [{ ...manifest, platform }] });
  contents.set(tag!, contents.get(how === "index" ? index.digest : manifest.digest)!);
  return ({ reference }, response) => {
    const found = contents.get(reference);
    if (found !== undefined) response.writeHead(200, { "content-type": found.type }).end(found.bytes);
  };
}

async function readJson<T>(url: string): Promise<T> {
  return (await (await fetch(url, { headers: { accept: manifestType } })).json()) as T;
}

async function readAll(answer: Response) {
  const bytes = Buffer.from(await answer.arrayBuffer());
  return { status: answer.status, headers: Object.fromEntries(answer.headers), bytes };
}
