import type { ServiceLogLine } from "@berth/api/client";
import type { Style } from "../framework/output.ts";
import { safeLine } from "../framework/safe-text.ts";

/**
 * Shows log lines one after the other: `12:04:05 web v12 | text`, with a colour per instance. From the second instance of a service
 * in a release on each of its lines says which one it is from: `web/x7k2p v12`, by the last part of the instance's id.
 */
export function makeLogView(style: Style): (line: ServiceLogLine) => string {
  const instances: string[] = [];
  const ofRelease = new Map<string, Set<string>>();
  let width = 0;
  return ({ at, service, version, instance, stream, text }) => {
    if (!instances.includes(instance)) instances.push(instance);
    const of = `${service} v${version}`;
    const known = (ofRelease.get(of) ?? new Set()).add(instance);
    ofRelease.set(of, known);
    const source = known.size > 1 ? `${service}/${instance.split("-").at(-1)} v${version}` : of;
    width = Math.max(width, source.length);
    const head = style.colour(instances.indexOf(instance), source.padEnd(width));
    const shown = safeLine(text, style.isOn);
    return `${style.dim(timeOf(at))} ${head} ${style.dim("|")} ${stream === "berth" ? style.yellow(shown) : shown}`;
  };
}

function timeOf(at: number): string {
  const date = new Date(at);
  const two = (number: number) => String(number).padStart(2, "0");
  return `${two(date.getHours())}:${two(date.getMinutes())}:${two(date.getSeconds())}`;
}
