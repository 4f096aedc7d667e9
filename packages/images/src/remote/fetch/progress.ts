/** How far the fetching of a base is. */
export interface FetchProgress {
  /** Bytes of its layers that are there. */
  doneBytes: number;
  totalBytes: number;
  doneLayers: number;
  layers: number;
}

export interface Counter {
  bytes(count: number): void;
  layer(): void;
}

/** News are told when a layer is there, and in between for each step of this many bytes. */
const stepBytes = 1024 * 1024;

export function makeCounter(totalBytes: number, layers: number, tell: (progress: FetchProgress) => void): Counter {
  let doneBytes = 0;
  let doneLayers = 0;
  let told = 0;
  const say = () => {
    told = doneBytes;
    tell({ doneBytes, totalBytes, doneLayers, layers });
  };
  return {
    bytes(count) {
      doneBytes += count;
      if (doneBytes - told >= stepBytes) say();
    },
    layer() {
      doneLayers++;
      say();
    },
  };
}
