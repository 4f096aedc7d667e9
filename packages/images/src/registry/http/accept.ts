/** Whether an `Accept` header takes a media type. `application/json` takes every manifest, as clients mean it that write no better. */
export function accepts(header: string | undefined, mediaType: string): boolean {
  if (header === undefined || header.trim() === "") return true;
  const ranges = new Set(header.split(",").map((range) => range.split(";")[0]?.trim().toLowerCase()));
  return ["*/*", "application/*", "application/json", mediaType].some((accepted) => ranges.has(accepted));
}
