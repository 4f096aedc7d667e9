import { z } from "zod";

export const serverSchema = z
  .object({
    version: z.string(),
    domain: z.string(),
    url: z.string().describe("Where console, API and git are"),
    runtime: z.string().describe("What runs the workloads"),
  })
  .meta({ id: "Server", description: "This installation" });

export const exampleServer: z.input<typeof serverSchema> = {
  version: "0.1.0",
  domain: "localhost",
  url: "http://localhost:4000",
  runtime: "process",
};
