// Stands for a compiler: what is imported is made of what is written.
import { cpSync } from "node:fs";

cpSync("tides.js", "dist/tides.js");
