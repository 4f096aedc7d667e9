import type { Readable } from "node:stream";
import { buffer } from "node:stream/consumers";
import { isRefusal } from "@berth/docker";
import type { Engine } from "@berth/docker";
import { extract } from "tar-stream";
import type { Header } from "tar-stream";
import { readFromEngine } from "./engine-stream.ts";

/** A small file of a container, as text; empty where there is none. */
export async function readContainerFile(engine: Engine, container: string, path: string): Promise<string> {
  try {
    return await readFromEngine(
      engine,
      (docker) => docker.getContainer(container).getArchive({ path }),
      async (archive) => {
        let text = "";
        for await (const item of archive.pipe(extract())) {
          const entry = item as unknown as Readable & { header: Header };
          if (entry.header.type === "file") text = (await buffer(entry)).toString();
          else entry.resume();
        }
        return text;
      },
    );
  } catch (error) {
    if (isRefusal(error, 404)) return "";
    throw error;
  }
}
