import { execFile } from "node:child_process";
import { createReadStream, mkdtempSync, statSync } from "node:fs";
import { createServer } from "node:http";
import { tmpdir } from "node:os";
import { join, normalize } from "node:path";
import { promisify } from "node:util";
import { removeFolder } from "./remove-folder.ts";

const run = promisify(execFile);

/** Gems over HTTP, as a public source has them. */
export interface GemSource {
  url: string;
  close(): void;
}

/** Serves these gems, as they are installed on this machine, with all that they depend on. */
export async function startGemSource(...gems: string[]): Promise<GemSource> {
  const folder = mkdtempSync(join(tmpdir(), "berth-gems-"));
  await run("ruby", [join(import.meta.dirname, "gems/pack-installed.rb"), folder, ...gems]);
  await run("gem", ["generate_index", "--quiet", "--directory", folder]);
  const server = createServer((request, response) => {
    const path = join(folder, normalize(new URL(request.url ?? "/", "http://localhost").pathname));
    const isFile = statSync(path, { throwIfNoEntry: false })?.isFile() === true;
    if (!isFile) return void response.writeHead(404).end();
    createReadStream(path).pipe(response);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("expected a port");
  return {
    url: `http://127.0.0.1:${address.port}`,
    close() {
      server.close();
      removeFolder(folder);
    },
  };
}
