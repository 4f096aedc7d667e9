import { createCipheriv, createDecipheriv, createHash, createSecretKey, type KeyObject } from "node:crypto";
import { BerthError } from "../errors.ts";
import type { SealedValue } from "./entry.ts";

/** A key that values are sealed with. */
export interface ConfigKey {
  /** The beginning of its hash, by which values say which key opens them. */
  id: string;
  /** Of 32 bytes; as an object it is made ready once, which takes longer than sealing a short value. */
  key: KeyObject;
}

/** All keys there are; the first one seals, any of them opens. */
export type KeyRing = readonly [ConfigKey, ...ConfigKey[]];

const keyBytes = 32;
/** As GCM is specified for (NIST SP 800-38D, 8.2.2): drawn for each seal, so a key is good for 2^32 of them. */
export const nonceBytes = 12;
const tagBytes = 16;

/** A key by its bytes. Null where they are not 32. */
export function makeConfigKey(key: Uint8Array): ConfigKey | null {
  if (key.length !== keyBytes) return null;
  return {
    id: createHash("sha256").update("berth config key").update(key).digest("hex").slice(0, 8),
    key: createSecretKey(key),
  };
}

/** Seals a value with AES-256-GCM. Its app and id are authenticated with it, so that no row can stand for another. */
export function sealValue({ id: keyId, key }: ConfigKey, place: Place, plain: string, nonce: Uint8Array): SealedValue {
  const cipher = createCipheriv("aes-256-gcm", key, nonce);
  cipher.setAAD(boundTo(place));
  const sealed = Buffer.concat([nonce, cipher.update(plain, "utf8"), cipher.final(), cipher.getAuthTag()]);
  return { ...place, sealed: sealed.toString("base64url"), keyId };
}

/** What a sealed value says. Throws `config.sealed` where its key is not there, or where it is not what was sealed. */
export function openValue(ring: readonly ConfigKey[], { sealed, keyId, ...place }: SealedValue): string {
  const key = ring.find(({ id }) => id === keyId);
  if (key === undefined) throw keyMissing([keyId]);
  const bytes = Buffer.from(sealed, "base64url");
  try {
    const decipher = createDecipheriv("aes-256-gcm", key.key, bytes.subarray(0, nonceBytes), {
      authTagLength: tagBytes,
    });
    decipher.setAAD(boundTo(place));
    decipher.setAuthTag(bytes.subarray(-tagBytes));
    return decipher.update(bytes.subarray(nonceBytes, -tagBytes), undefined, "utf8") + decipher.final("utf8");
  } catch (cause) {
    throw new BerthError("config.sealed", `The value ${place.id} of ${place.app} is not as it was sealed.`, {
      path: place.id,
      hint: "Set the variable anew, or restore the database: something else than Berth has changed it.",
      cause,
    });
  }
}

/** The error where values are sealed with keys that are not there. */
export function keyMissing(keyIds: readonly string[]): BerthError {
  const keys = keyIds.length === 1 ? `the key ${keyIds[0]}` : `the keys ${keyIds.join(", ")}`;
  return new BerthError("config.sealed", `Values of variables are sealed with ${keys}, which is not there.`, {
    path: keyIds.join(", "),
    hint: "Bring back the config keys that belong to this database, from the same backup: BERTH_HOME/config-keys, or what BERTH_CONFIG_KEY_COMMAND prints.",
  });
}

type Place = Pick<SealedValue, "app" | "id">;

function boundTo({ app, id }: Place): Buffer {
  return Buffer.from(`${app}/${id}`);
}
