import type { ExecResult } from "../cluster.ts";

/** The protocols of exec over a WebSocket, the better one first: only v5 can say that there is no more input. */
export const execProtocols = ["v5.channel.k8s.io", "v4.channel.k8s.io"];

/** The first byte of each message says what it belongs to. */
export const channels = { stdin: 0, stdout: 1, stderr: 2, status: 3, resize: 4, close: 255 } as const;

/** A message of a channel. */
export function frame(channel: number, data: Uint8Array | string): Uint8Array {
  return Buffer.concat([Uint8Array.of(channel), typeof data === "string" ? Buffer.from(data) : data]);
}

/** Says that nothing more comes on a channel; v4 has no word for it. */
export function closeFrame(channel: number, protocol: string): Uint8Array | null {
  return protocol === "v5.channel.k8s.io" ? Uint8Array.of(channels.close, channel) : null;
}

export function resizeFrame({ columns, rows }: { columns: number; rows: number }): Uint8Array {
  return frame(channels.resize, JSON.stringify({ Width: columns, Height: rows }));
}

interface ExecStatus {
  status?: string;
  reason?: string;
  message?: string;
  details?: { causes?: { reason?: string; message?: string }[] };
}

/** Reads what the status channel says at the end. */
export function readExecResult(text: string): ExecResult {
  let status: ExecStatus;
  try {
    status = JSON.parse(text);
  } catch {
    return { exitCode: null, message: text.trim() };
  }
  if (status.status === "Success") return { exitCode: 0, message: null };
  const exitCode = status.details?.causes?.find(({ reason }) => reason === "ExitCode")?.message;
  if (status.reason === "NonZeroExitCode" && exitCode !== undefined)
    return { exitCode: Number(exitCode), message: null };
  return { exitCode: null, message: status.message ?? "the program could not be started" };
}
