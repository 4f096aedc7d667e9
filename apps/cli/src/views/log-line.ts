import type { ServiceLogLine } from "@berth/api/client";
import type { Style } from "../framework/output.ts";
import { safeLine } from "../framework/safe-text.ts";

/** Shows log lines one after the other: `12:04:05 web v12 | text`, with a colour per service. */
export function makeLogView(style: Style): (line: ServiceLogLine) => string {
  const services: string[] = [];
  let width = 0;
  return ({ at, service, version, stream, text }) => {
    if (!services.includes(service)) services.push(service);
    const source = `${service} v${version}`;
    width = Math.max(width, source.length);
    const head = style.colour(services.indexOf(service), source.padEnd(width));
    const shown = safeLine(text, style.isOn);
    return `${style.dim(timeOf(at))} ${head} ${style.dim("|")} ${stream === "berth" ? style.yellow(shown) : shown}`;
  };
}

function timeOf(at: number): string {
  const date = new Date(at);
  const two = (number: number) => String(number).padStart(2, "0");
  return `${two(date.getHours())}:${two(date.getMinutes())}:${two(date.getSeconds())}`;
}
