// Berth's own part of a build's pod: what the builder `kubernetes` has the containers named `berth` run.
import { systemClock as clock, systemRandom as random } from "@berth/core";
import { buildInPod } from "@berth/builders";
import { pino } from "pino";

await buildInPod({ clock, random, log: pino({ level: "info" }) });
