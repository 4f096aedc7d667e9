import type { Operation, OperationEvent } from "@berth/core";
import { count, type Style } from "../framework/output.ts";
import { duration } from "../framework/units.ts";
import { failureText } from "../views/operation.ts";

const toldFiles = 3;

/** `server.js`, or `a.js, b.js, c.js and 2 more`. */
export function filesText(files: readonly string[]): string {
  const more = files.length - toldFiles;
  const named = files.slice(0, more > 0 ? toldFiles : undefined).join(", ");
  return more > 0 ? `${named} and ${more} more` : named;
}

/** What a deploy has come to, in one line: `✓ v4 in 212 ms  server.js  web restarted, api goes on`; of the first one no more than the time. */
export function liveText(
  { version }: Pick<Operation, "version">,
  { files, events, tookMs }: { files: readonly string[]; events: readonly OperationEvent[]; tookMs: number },
  style: Style,
): string {
  const head = `${style.green("✓")} v${version} in ${duration(tookMs)}`;
  if (files.length === 0) return head;
  const started = events.filter(({ phase, service }) => phase === "start" && service !== null);
  const goesOn = new Set(started.filter(({ text }) => text === unchanged).map(({ service }) => service!));
  const restarted = new Set(started.map(({ service }) => service!).filter((name) => !goesOn.has(name)));
  const services = [
    ...(restarted.size > 0 ? [`${[...restarted].join(", ")} restarted`] : []),
    ...(goesOn.size > 0 ? [`${[...goesOn].join(", ")} ${goesOn.size > 1 ? "go" : "goes"} on`] : []),
  ];
  return [head, filesText(files), services.join(", ")].filter((part) => part !== "").join("  ");
}

/** As the deployer tells of a service that is in both releases. */
const unchanged = "unchanged, keeps running";

/** Why a deploy has failed, and what is served meanwhile. */
export function notLiveText(operation: Operation, live: number | null, style: Style): string {
  return failureText(operation, live === null ? "nothing is live yet" : `v${live} goes on`, style);
}

/** How many folders are watched, and how to end that. */
export function watchingText(folder: string, folders: number, { isRemoved }: { isRemoved: boolean }): string {
  const end = isRemoved ? "Ctrl-C ends it and removes the environment" : "Ctrl-C ends it";
  return `Watching ${folder} (${count(folders, "folder")}). ${end}.`;
}
