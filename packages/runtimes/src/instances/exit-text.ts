import type { KnownExit } from "./known-instance.ts";

const mib = 2 ** 20;

/** What a shell says by the code it exits with. */
const shellCodes: Readonly<Record<number, string>> = { 126: "not executable", 127: "command not found" };

/** How an instance ended, as what follows "it ": `exited with code 1`, `was killed by SIGSEGV`. */
export function exitText(exit: KnownExit, memoryLimitBytes: number): string {
  if (exit.failure !== null) return exit.failure;
  if (exit.outOfMemory) return `used more memory than its ${Math.round(memoryLimitBytes / mib)} MiB and was stopped`;
  if (exit.signal !== null) return `was killed by ${exit.signal}`;
  const meaning = shellCodes[exit.code ?? 0];
  return `exited with code ${exit.code ?? "unknown"}${meaning ? ` (${meaning})` : ""}`;
}

/** What a shell makes of a program that SIGTERM has ended. */
const codeOfSigterm = 143;

/** How an instance ended that was asked to. */
export function stoppedText({ code, signal }: KnownExit): string {
  if (signal === "SIGKILL") return "stopped; it did not end in time and was killed";
  const isUsual = code === 0 || code === codeOfSigterm || signal === "SIGTERM";
  return isUsual ? "stopped" : `stopped; it ${signal ? `was killed by ${signal}` : `exited with code ${code}`}`;
}
