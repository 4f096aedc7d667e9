import { createReadStream, rmSync, mkdirSync } from "node:fs";
import { extractArchive } from "./docker/archive-out.ts";
for (let i = 0; i < 6; i++) {
  rmSync("/tmp/xo", { recursive: true, force: true });
  mkdirSync("/tmp/xo");
  const t = performance.now();
  const c = process.cpuUsage();
  await extractArchive(
    createReadStream("/tmp/app.tar"),
    { folder: "/tmp/xo", at: "", exclude: [] },
    new AbortController().signal,
  );
  const d = process.cpuUsage(c);
  console.log((performance.now() - t).toFixed(0), d.user / 1000, d.system / 1000);
}
