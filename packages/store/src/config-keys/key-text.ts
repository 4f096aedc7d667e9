import { BerthError, type ConfigKey, type KeyRing, makeConfigKey } from "@berth/core";

/** Reads keys, one a line, base64, the first is the one that seals; empty lines and those with `#` are none. Throws `settings.invalid` with the line. */
export function parseKeys(text: string, from: string): KeyRing {
  const keys: ConfigKey[] = [];
  for (const [index, line] of text.split("\n").entries()) {
    const written = line.trim();
    if (written === "" || written.startsWith("#")) continue;
    const isBase64 = /^[A-Za-z0-9+/_-]{43}=?$/.test(written);
    const key = isBase64 ? makeConfigKey(Buffer.from(written, "base64")) : null;
    if (key === null) throw unreadableKeys(from, `line ${index + 1} is no key: 32 bytes as base64`);
    if (!keys.some(({ id }) => id === key.id)) keys.push(key);
  }
  const [first, ...rest] = keys;
  if (first === undefined) throw unreadableKeys(from, "there is no key in it");
  return [first, ...rest];
}

export function writeKeys(ring: KeyRing): string {
  const lines = ring.map(({ key }) => key.export().toString("base64"));
  return ["# Keys of config values. Whoever has them and the database has all secrets of all apps.", ...lines, ""].join(
    "\n",
  );
}

/** The error where keys are there that cannot be taken; `what` says why, without any of them. */
export function unreadableKeys(from: string, what: string): BerthError {
  return new BerthError("settings.invalid", `The config keys cannot be read: ${what}.`, {
    path: from,
    hint: "Bring them back as they were. `openssl rand -base64 32` makes a key for an installation that has no values yet.",
  });
}
