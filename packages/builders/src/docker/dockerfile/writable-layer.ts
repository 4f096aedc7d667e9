import type { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { isRefusal } from "@berth/docker";
import type { Layer } from "@berth/images";
import { extract, pack } from "tar-stream";
import type { Header, Pack } from "tar-stream";
import type { DockerBuilderDeps } from "../deps.ts";
import { readFromEngine } from "../engine-stream.ts";
import { lookInside } from "./look-inside.ts";

type Entry = Readable & { header: Header };

interface Owner {
  uid: number;
  gid: number;
}

const kinds: ReadonlySet<string> = new Set(["file", "directory", "symlink", "link"]);

/**
 * The layer in which folders of an image belong to whom it runs as, with all that is in them: a Dockerfile makes them as root, or not at all.
 * Nothing is run for it, so that it needs no shell in the image.
 */
export async function makeWritableLayer(
  folders: readonly string[],
  user: string,
  image: string,
  deps: DockerBuilderDeps,
): Promise<Layer[]> {
  const outer = folders.filter((folder) => !folders.some((other) => folder.startsWith(`${other}/`)));
  if (outer.length === 0) return [];
  const [uid = 0, gid = 0] = user.split(":").map(Number);
  return lookInside(image, deps, async (container) => {
    const archive = pack();
    const write = async () => {
      for (const folder of outer) await writeFolder(archive, folder, { uid, gid }, container, deps);
      archive.finalize();
    };
    const writing = write().catch((error: Error) => archive.destroy(error));
    const layer = await deps.images.archiveLayer(archive as AsyncIterable<Buffer>);
    await writing;
    return [layer];
  });
}

async function writeFolder(
  archive: Pack,
  folder: string,
  owner: Owner,
  container: string,
  { engine }: DockerBuilderDeps,
): Promise<void> {
  const name = folder.slice(1);
  try {
    await readFromEngine(
      engine,
      (docker) => docker.getContainer(container).getArchive({ path: folder }),
      async (content) => {
        const reader = extract();
        const reading = pipeline(content, reader);
        // Told by the loop too, and then by this once more.
        reading.catch(() => {});
        for await (const item of reader) await writeEntry(archive, name, owner, item as unknown as Entry);
        await reading;
      },
    );
  } catch (error) {
    if (!isRefusal(error, 404)) throw error;
    archive.entry({ name, type: "directory", mode: 0o755, mtime: new Date(0), ...owner });
  }
}

/** What an engine gives of `/srv/data` begins at `data`. */
async function writeEntry(archive: Pack, folder: string, owner: Owner, entry: Entry): Promise<void> {
  const { name, type, mode, mtime, size, linkname } = entry.header;
  const place = (path: string) =>
    [
      folder,
      ...path
        .split("/")
        .filter((part) => part !== "")
        .slice(1),
    ].join("/");
  if (!kinds.has(type ?? "")) return void entry.resume();
  const link = linkname == null ? {} : { linkname: type === "link" ? place(linkname) : linkname };
  const header = { name: place(name), type, mode, mtime, ...link, ...owner };
  if (type !== "file") {
    entry.resume();
    archive.entry(header);
    return;
  }
  await pipeline(entry, archive.entry({ ...header, size }));
}
