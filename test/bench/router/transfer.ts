import { startTask } from "../support/programs.ts";

/** One body, from the upstream or to it. */
export interface TransferPlan {
  /** Only ever 127.0.0.1. */
  port: number;
  host: string;
  direction: "down" | "up";
  bytes: number;
}

/** Resolves with how long it took, in ms, from the request to the last byte, or to the answer that the last byte has come. */
export async function transfer(plan: TransferPlan): Promise<number> {
  return await startTask<number>(new URL("./processes/transfer-client.ts", import.meta.url), plan).result;
}
