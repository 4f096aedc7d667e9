import type { Random } from "@berth/core";

const sane = /^[A-Za-z0-9._:-]{1,128}$/;

/** Names requests: the name a client gives, if it is short and plain, otherwise one that no other request has. */
export function makeRequestIds(random: Random): (given: string | string[] | undefined) => string {
  const start = Buffer.from(random.bytes(8)).toString("hex");
  let count = 0;
  return (given) => (typeof given === "string" && sane.test(given) ? given : `${start}-${(++count).toString(36)}`);
}
