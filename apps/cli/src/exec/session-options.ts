import type { OptionSpecs } from "../framework/command.ts";

/** For commands that give a program the terminal and the input of whoever runs them. */
export const sessionOptions = {
  "no-tty": { about: "Pass input and output on as they are, also at a terminal", short: "T" },
  "no-stdin": { about: "Pass no input on" },
} as const satisfies OptionSpecs;
