import { expect, it } from "vitest";
import { addUp, countsOf } from "./add-up.ts";
import type { Labels, Metric, Sample } from "./text.ts";

const of = (workload: string, more: Labels = {}): Labels => ({ app: "shop", release: "v1", workload, ...more });
const requests = (...samples: Sample[]): Metric => ({ name: "requests", type: "counter", help: "", samples });
const inFlight = (...samples: Sample[]): Metric => ({ name: "in_flight", type: "gauge", help: "", samples });
const instances = (...samples: Sample[]): Metric => ({
  name: "instances",
  type: "gauge",
  across: "max",
  help: "",
  samples,
});

it("adds up counters, histograms and gauges, and takes the most of what all of them see", () => {
  const durations = (count: number, sum: number): Metric => ({
    name: "durations",
    type: "histogram",
    help: "",
    samples: [
      [of("a", { le: "1" }), count, "_bucket"],
      [of("a", { le: "+Inf" }), count + 1, "_bucket"],
      [of("a"), sum, "_sum"],
      [of("a"), count + 1, "_count"],
    ],
  });
  const one = [
    requests([of("a", { code: "2xx" }), 3]),
    durations(2, 1.5),
    inFlight([of("a"), 1]),
    instances([of("a"), 2]),
  ];
  const other = [
    requests([of("a", { code: "5xx" }), 1], [of("a", { code: "2xx" }), 4]),
    durations(1, 0.5),
    inFlight([of("a"), 2]),
    instances([of("a"), 3]),
  ];
  expect(addUp([one, other])).toMatchObject([
    {
      samples: [
        [{ code: "2xx" }, 7, ""],
        [{ code: "5xx" }, 1, ""],
      ],
    },
    {
      samples: [
        [{ le: "1" }, 3, "_bucket"],
        [{ le: "+Inf" }, 5, "_bucket"],
        [of("a"), 2, "_sum"],
        [of("a"), 5, "_count"],
      ],
    },
    { samples: [[of("a"), 3, ""]] },
    { samples: [[of("a"), 3, ""]] },
  ]);
});

it("counts what those that are gone have counted of workloads that are there, and under the release that has them now", () => {
  const gone = [requests([of("a"), 5], [of("b"), 7], [{ reason: "bad-host" }, 2]), inFlight([of("a"), 9])];
  const living = [requests([of("a", { release: "v2" }), 1]), inFlight([of("a", { release: "v2" }), 1])];
  expect(addUp([living], [gone])).toEqual([
    requests([of("a", { release: "v2" }), 6, ""], [{ reason: "bad-host" }, 2, ""]),
    inFlight([of("a", { release: "v2" }), 1, ""]),
  ]);
});

it("is the same whoever tells first, and however often it is added up in between", () => {
  const each = [1, 2, 3].map((count) => [requests([of("a"), count]), instances([of("a"), count])]);
  const [a, b, c] = each as [Metric[], Metric[], Metric[]];
  expect(addUp([addUp([a, b]), c])).toEqual(addUp([c, addUp([b, a])]));
  expect(addUp([a], [addUp([b], [c])])[0]).toEqual(addUp([a], [b, c])[0]);
  expect(countsOf(a)).toHaveLength(1);
});
