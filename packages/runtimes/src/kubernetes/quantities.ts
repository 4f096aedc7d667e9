export { bytesQuantity, cpuQuantity } from "@berth/cluster";
