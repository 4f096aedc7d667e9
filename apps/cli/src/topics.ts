import { exitCodesHelp } from "./edge/exit-codes.ts";

const variables = `Environment variables

  BERTH_HOME     Where tokens are kept, in the folder client (default ~/.berth)
  NO_COLOR       No colours; FORCE_COLOR=1 for colours where there is no terminal
  BERTH_DEBUG=1  Show where an unexpected error came from`;

/** Pages of `berth help <topic>`. */
export const topics: Readonly<Record<string, string>> = { "exit-codes": exitCodesHelp, variables };
