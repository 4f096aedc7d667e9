export type { Made, Wire } from "@berth/cluster";
