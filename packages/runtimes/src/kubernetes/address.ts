export { familyOf, rangeOf } from "@berth/cluster";
export type { Family } from "@berth/cluster";
