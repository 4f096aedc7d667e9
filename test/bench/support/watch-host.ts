import { setTimeout as sleep } from "node:timers/promises";
import { Client } from "undici";

/** Asks one host over one keep-alive connection, again and again, until it answers as it should. */
export interface HostWatch {
  /** Resolves with the time (`performance.now()`) at which an answer held this text. */
  sees(text: string): Promise<number>;
  close(): Promise<void>;
}

const deadlineMs = 120_000;

/** Between two questions `pauseMs` pass: short beside what is measured, and long enough not to keep the machine busy. */
export function watchHost(port: number, host: string, pauseMs: number): HostWatch {
  const client = new Client(`http://127.0.0.1:${port}`);
  const ask = async () => {
    const { body } = await client.request({ method: "GET", path: "/", headers: { host: `${host}:${port}` } });
    return body.text();
  };
  return {
    async sees(text) {
      const start = performance.now();
      for (;;) {
        const answer = await ask().catch((error: unknown) => String(error));
        if (answer.includes(text)) return performance.now();
        if (performance.now() - start > deadlineMs)
          throw new Error(`${host} did not answer ${JSON.stringify(text)}, but: ${answer}`);
        await sleep(pauseMs);
      }
    },
    close: () => client.close(),
  };
}
