import { execFile } from "node:child_process";
import { randomBytes } from "node:crypto";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { Readable } from "node:stream";
import { promisify } from "node:util";
import { gunzipSync } from "node:zlib";
import { inflateZstd } from "@berth/core/inflate-zstd";
import { describe, expect, it } from "vitest";
import { makeHome } from "../testing/images.ts";
import { compress } from "./compression.ts";

const execute = promisify(execFile);
const parts = [Buffer.from("one ".repeat(50_000)), randomBytes(900_000), Buffer.from("x"), Buffer.alloc(700_000)];
const whole = Buffer.concat(parts);

async function compressAll(compression: "gzip" | "zstd"): Promise<Buffer> {
  return Buffer.concat(await Promise.all(parts.map((part) => compress(part, compression))));
}

describe("parts compressed on their own", () => {
  it("are one gzip file, for every reader", async () => {
    const bytes = await compressAll("gzip");
    expect(gunzipSync(bytes).equals(whole)).toBe(true);
    const file = join(await makeHome(), "layer.gz");
    await writeFile(file, bytes);
    const options = { encoding: "buffer", maxBuffer: 2 * whole.length } as const;
    const gzip = await execute("gzip", ["-dc", file], options);
    expect(gzip.stdout.equals(whole)).toBe(true);
    const script = "import gzip, sys; sys.stdout.buffer.write(gzip.open(sys.argv[1]).read())";
    const python = await execute("python3", ["-c", script, file], options);
    expect(python.stdout.equals(whole)).toBe(true);
  });

  it("are one zstd file", async () => {
    const bytes = await compressAll("zstd");
    expect(Buffer.concat(await Array.fromAsync(inflateZstd(Readable.from([bytes])))).equals(whole)).toBe(true);
  });

  it("say nothing of when and where they were made", async () => {
    const [text = Buffer.alloc(0), noise = Buffer.alloc(0)] = parts;
    for (const part of [text, noise]) {
      const member = await compress(part, "gzip");
      expect(member.subarray(0, 10).toString("hex")).toBe("1f8b08000000000000ff");
      expect(member.equals(await compress(part, "gzip"))).toBe(true);
    }
  });

  it("take no time where there is nothing to gain, and no more room than before", async () => {
    const noise = randomBytes(1 << 20);
    expect((await compress(noise, "gzip")).length).toBeLessThan(noise.length + 1024);
    expect((await compress(Buffer.from("text ".repeat(200_000)), "gzip")).length).toBeLessThan(10_000);
  });
});
