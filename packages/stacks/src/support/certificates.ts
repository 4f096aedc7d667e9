import { createHash, randomUUID } from "node:crypto";
import { existsSync, mkdirSync, renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { rootCertificates } from "node:tls";
import type { SupportFile } from "./support-files.ts";

const name = "ca-certificates.crt";

/** Variables by which programs find the bundle: Go, OpenSSL and what asks as they do. Their own defaults lead to folders that small images lack. */
export const certificateEnv = { SSL_CERT_FILE: `/berth/certificates/${name}` } as const;

/** Mozilla's root certificates as this Node has them, in one file of PEM, written once for each list there ever was. */
export function certificateFiles(madeFolder: string): SupportFile[] {
  const text = `${rootCertificates.map((certificate) => certificate.trim()).join("\n")}\n`;
  const hash = createHash("sha256").update(text).digest("hex").slice(0, 16);
  const file = join(madeFolder, `ca-certificates-${hash}.crt`);
  if (!existsSync(file)) {
    mkdirSync(madeFolder, { recursive: true });
    const draft = `${file}.${randomUUID()}`;
    writeFileSync(draft, text);
    renameSync(draft, file);
  }
  return [{ path: name, file }];
}
