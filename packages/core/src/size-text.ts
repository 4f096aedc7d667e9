const units = ["B", "KiB", "MiB", "GiB", "TiB"] as const;

/** A size for people, as berth.yaml writes it, in powers of 1024 and with one decimal, save where that is 0: `52.3 MiB`. */
export function sizeText(bytes: number): string {
  let amount = bytes;
  let unit = 0;
  while (amount >= 1023.95 && unit < units.length - 1) {
    amount /= 1024;
    unit += 1;
  }
  return `${unit === 0 ? amount : amount.toFixed(1).replace(/\.0$/, "")} ${units[unit]}`;
}
