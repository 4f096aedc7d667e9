import { createHash } from "node:crypto";
import { join } from "node:path";

/** Where the keeper of a BERTH_HOME has its files. Server and keeper compute the same. */
export interface KeeperPaths {
  /** 0700: whoever reaches the socket can start processes. */
  folder: string;
  tokenFile: string;
  pidFile: string;
  stateFile: string;
  /** What the keeper itself has to say when something is wrong with it. */
  outputFile: string;
  /** 0700, not always below the home: the address of a socket holds about 100 bytes. */
  socketFolder: string;
  socket: string;
  /** Private folders of instances. */
  instancesFolder: string;
}

const maxSocketPathBytes = 100;

export function keeperPaths(home: string, userId: number): KeeperPaths {
  const folder = join(home, "keeper");
  const near = join(folder, "keeper.sock");
  const hash = createHash("sha256").update(home).digest("hex").slice(0, 16);
  const socketFolder = Buffer.byteLength(near) <= maxSocketPathBytes ? folder : `/tmp/berth-${userId}-${hash}`;
  return {
    folder,
    tokenFile: join(folder, "token"),
    pidFile: join(folder, "pid"),
    stateFile: join(folder, "state.json"),
    outputFile: join(folder, "keeper.log"),
    socketFolder,
    socket: join(socketFolder, "keeper.sock"),
    instancesFolder: join(home, "instances"),
  };
}
