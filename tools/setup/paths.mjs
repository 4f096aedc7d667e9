import { join } from "node:path";
import { fileURLToPath } from "node:url";

export const root = fileURLToPath(new URL("../..", import.meta.url)).replace(/\/$/, "");
export const toolsDir = join(root, ".tools");
export const binDir = join(toolsDir, "node", "bin");
export const nodeBin = join(binDir, "node");
export const pnpmBin = join(binDir, "pnpm");
export const stampFile = join(root, "node_modules", ".berth-stamp");
