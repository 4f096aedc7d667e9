import { mkdtemp } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { quietLog, systemClock, systemRandom } from "@berth/core";
import { openImages } from "../images.ts";
import { removeTree } from "../unpack/remove.ts";
import { makeBreathe } from "../worker/breathe.ts";

// Makes a layer of the folder it is given, in a home of its own, and prints it.
const [folder = ""] = process.argv.slice(2);
const home = await mkdtemp(join(tmpdir(), "berth-images-"));
const images = await openImages({ home, clock: systemClock, random: systemRandom, log: quietLog, bootId: "boot-1" });
const layer = await images.folderLayer({ root: folder, sources: [{ host: folder, path: "app" }], exclude: [] });
console.log(JSON.stringify(layer));
await images.close();
await removeTree(home, makeBreathe());
