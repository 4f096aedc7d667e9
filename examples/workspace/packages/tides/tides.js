const hoursBetweenHighWaters = 12.42;

/** Metres above the chart's zero. */
export function heightAt(date) {
  const hours = date.getTime() / 3_600_000;
  return Number((2.1 + 1.6 * Math.cos((2 * Math.PI * hours) / hoursBetweenHighWaters)).toFixed(2));
}
