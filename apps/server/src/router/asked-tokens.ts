import { createHash } from "node:crypto";
import { request } from "node:http";
import type { Clock } from "@berth/core";

export interface AskedTokensDeps {
  /** Such as `http://10.0.0.5:4000`. */
  server: string;
  domain: string;
  clock: Clock;
}

const askTimeoutMs = 2_000;
/** A token that is deleted is refused after this. */
const freshMs = 60_000;
/** While the server cannot be asked, one that was good before is taken for so long. */
const keptMs = 3_600_000;
const maxKept = 100;

/** Whether a token is good, as the server says: a router has no list of its own. Rejects where it cannot be asked about one that was not good before. */
export function makeAskedTokens({ server, domain, clock }: AskedTokensDeps): (secret: string) => Promise<boolean> {
  const good = new Map<string, number>();

  async function ask(secret: string): Promise<boolean> {
    const status = await statusOf(server, domain, secret);
    if (status === 200) return true;
    if (status === 401) return false;
    throw new Error(`The server answers ${status}.`);
  }

  return async (secret) => {
    const key = createHash("sha256").update(secret).digest("hex");
    const age = clock.now() - (good.get(key) ?? -Infinity);
    if (age < freshMs) return true;
    try {
      const isGood = await ask(secret);
      good.delete(key);
      if (isGood) {
        if (good.size >= maxKept) good.clear();
        good.set(key, clock.now());
      }
      return isGood;
    } catch (error) {
      if (age < keptMs) return true;
      throw error;
    }
  };
}

/** What the server answers to whoever asks for its own metrics with this token. By node:http, for fetch sets the Host header itself. */
function statusOf(server: string, domain: string, secret: string): Promise<number> {
  return new Promise((resolve, reject) => {
    const options = {
      method: "HEAD",
      headers: { authorization: `Bearer ${secret}`, host: domain },
      signal: AbortSignal.timeout(askTimeoutMs),
      agent: false,
    };
    const asked = request(new URL("/metrics", server), options, (response) => {
      response.resume();
      resolve(response.statusCode ?? 0);
    });
    asked.on("error", reject).end();
  });
}
