const secondMs = 1000;
const minuteMs = 60 * secondMs;
const hourMs = 60 * minuteMs;
const dayMs = 24 * hourMs;

/** How long ago, roughly: `just now`, `3 min ago`, `2 days ago`. */
export function ago(at: number, now: number): string {
  const ms = Math.max(0, now - at);
  if (ms < 5 * secondMs) return "just now";
  return `${span(ms)} ago`;
}

/** A span of time, roughly: `12 s`, `3 min`, `5 h`, `2 days`. */
export function span(ms: number): string {
  if (ms < minuteMs) return `${Math.floor(ms / secondMs)} s`;
  if (ms < hourMs) return `${Math.floor(ms / minuteMs)} min`;
  if (ms < 2 * dayMs) return `${Math.floor(ms / hourMs)} h`;
  return `${Math.floor(ms / dayMs)} days`;
}

/** A duration as people read it: `48 ms`, `2.3 s`, `1 min 5 s`. */
export function duration(ms: number): string {
  if (ms < secondMs) return `${Math.round(ms)} ms`;
  if (ms < minuteMs - 50) return `${shortened(ms / secondMs)} s`;
  const seconds = Math.round(ms / secondMs);
  return `${Math.floor(seconds / 60)} min ${seconds % 60} s`;
}

/** With one decimal, save where that is 0. */
function shortened(number: number): string {
  return number.toFixed(1).replace(/\.0$/, "");
}

/** A moment in local time: `2026-01-31 12:04:05`. */
export function moment(at: number): string {
  const date = new Date(at);
  const two = (number: number) => String(number).padStart(2, "0");
  const day = `${date.getFullYear()}-${two(date.getMonth() + 1)}-${two(date.getDate())}`;
  return `${day} ${two(date.getHours())}:${two(date.getMinutes())}:${two(date.getSeconds())}`;
}
