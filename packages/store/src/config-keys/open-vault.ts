import {
  type Actor,
  BerthError,
  type Clock,
  type ConfigVault,
  type KeyRing,
  keyMissing,
  type KeyRotation,
  type Log,
  makeConfigKey,
  makeSerial,
  nonceBytes,
  openValue,
  type Random,
  sealValue,
  type Store,
} from "@berth/core";
import type { KeySource } from "./key-source.ts";

export interface VaultDeps {
  source: KeySource;
  store: Pick<Store, "config" | "audit">;
  clock: Clock;
  random: Random;
  log: Log;
}

const stepSize = 100;
const pauseMs = 5;
const retryMs = 30_000;
const batchBytes = 14;

export interface OpenedVault extends ConfigVault {
  /** Ends what it does in the background; the next start goes on with it. */
  close(): Promise<void>;
}

/**
 * Reads the keys, or makes the first one where no value needs any, and goes on with a rotation that was interrupted. Throws
 * `settings.invalid` where they cannot be read, and `config.sealed` where one that a value needs is not there.
 */
export async function openConfigVault({ source, store, clock, random, log }: VaultDeps): Promise<OpenedVault> {
  const stopping = new AbortController();
  const inTurn = makeSerial();
  /** Seals under way: a key goes only when nothing sealed with it is still to be stored. */
  const sealing = new Set<{ keyId: string; stored: Promise<unknown> }>();
  let ring = await readRing();
  /** Keys that are in the source no more: a value may have been read before it was sealed anew. */
  let retired: KeyRing[number][] = [];
  let resealing = Promise.resolve();
  if (ring.length > 1 || (await isLeft())) resealing = resealAll();

  async function readRing(): Promise<KeyRing> {
    const needed = await store.config.keyIds();
    const found = await source.read();
    const missing = needed.filter((needs) => found?.some(({ id }) => id === needs) !== true);
    if (missing.length > 0) throw keyMissing(missing);
    if (found !== null) return found;
    const first: KeyRing = [drawKey()];
    await source.write?.(first);
    return first;
  }

  function drawKey() {
    const key = makeConfigKey(random.bytes(32));
    if (key === null) throw new BerthError("internal", "A key of 32 bytes could not be drawn.");
    return key;
  }

  async function isLeft(): Promise<boolean> {
    return (await store.config.listSealedOtherwise(ring[0].id, 1)).length > 0;
  }

  /** In small steps, each whole in itself: a crash at any point leaves every value with a key that is there. */
  async function resealAll(): Promise<void> {
    while (!stopping.signal.aborted) {
      try {
        const values = await store.config.listSealedOtherwise(ring[0].id, stepSize);
        if (values.length === 0 && (await dropOthers())) return;
        const anew = values.map((value) => ({ ...seal(value, openValue(keys(), value)), from: value.keyId }));
        await store.config.reseal(anew);
        await clock.sleep(pauseMs, stopping.signal);
      } catch (error) {
        log.error({ err: error }, "config values could not be sealed anew; trying again");
        await clock.sleep(retryMs, stopping.signal);
      }
    }
  }

  /** False where there is something to seal anew still. */
  async function dropOthers(): Promise<boolean> {
    return await inTurn("keys", async () => {
      const current = ring[0];
      const open = [...sealing].filter(({ keyId }) => keyId !== current.id).map(({ stored }) => stored);
      await Promise.allSettled(open);
      if (await isLeft()) return false;
      if (ring.length === 1) return true;
      await source.write?.([current]);
      if (source.write === null)
        log.warn({ keyId: current.id }, "all config values have the new key: the others may go");
      else retire([current]);
      return true;
    });
  }

  function retire(next: KeyRing) {
    retired = [...retired, ...ring.filter((key) => !next.includes(key))];
    ring = next;
  }

  const keys = () => [...ring, ...retired];
  const seal = ({ app, id }: { app: string; id: string }, text: string) =>
    sealValue(ring[0], { app, id }, text, random.bytes(nonceBytes));
  const state = (): KeyRotation => ({ keyId: ring[0].id, before: ring.slice(1).map(({ id }) => id) });

  return {
    async seal(app, texts, keep) {
      const keyId = ring[0].id;
      // Ids of one change are neighbours, so that they are on few pages of the database.
      const batch = Buffer.from(random.bytes(batchBytes)).toString("hex");
      const nonces = random.bytes(texts.length * nonceBytes);
      const values = texts.map((text, index) => {
        const id = `vl_${batch}${index.toString(16).padStart(4, "0")}`;
        return sealValue(ring[0], { app, id }, text, nonces.subarray(index * nonceBytes, (index + 1) * nonceBytes));
      });
      const stored = keep(values);
      const entry = { keyId, stored };
      sealing.add(entry);
      try {
        return await stored;
      } finally {
        sealing.delete(entry);
      }
    },
    open: (value) => openValue(keys(), value),
    rotation: async () => state(),
    async rotate(actor: Actor) {
      await inTurn("keys", async () => {
        const next = source.write === null ? await source.read() : ([drawKey(), ...ring] as KeyRing);
        if (next === null || next[0].id === ring[0].id) throw sameKey(ring[0].id);
        // First where it lasts: what is sealed with it from now on has to open after a crash.
        await source.write?.(next);
        retired = [...retired, ...ring.filter(({ id }) => !next.some((key) => key.id === id))];
        ring = next;
        const detail = `from ${keys()[1]?.id ?? "none"} to ${ring[0].id}`;
        const { person } = actor;
        await store.audit.append({ person, action: "config.rotate-key", app: null, environment: null, detail });
      });
      const before = resealing;
      resealing = before.then(() => resealAll());
      return state();
    },
    async close() {
      stopping.abort();
      await resealing;
    },
  };
}

function sameKey(id: string): BerthError {
  return new BerthError("conflict", `BERTH_CONFIG_KEY_COMMAND prints the same key first as before, ${id}.`, {
    path: "BERTH_CONFIG_KEY_COMMAND",
    hint: "Let it print a new key on its first line and those before below it, then try again.",
  });
}
