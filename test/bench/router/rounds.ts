import type { ContenderName } from "./contenders.ts";

/** The contenders take turns within each round, so that whatever else the machine does meets them alike. Resolves with one result for each round. */
export async function takeTurns<Named extends { name: Name }, Result, Name extends string = ContenderName>(
  contenders: readonly Named[],
  rounds: number,
  measure: (contender: Named) => Promise<Result>,
): Promise<Map<Name, Result[]>> {
  const results = new Map<Name, Result[]>(contenders.map(({ name }) => [name, []]));
  for (let round = 0; round < rounds; round++)
    for (const contender of contenders) results.get(contender.name)!.push(await measure(contender));
  return results;
}
