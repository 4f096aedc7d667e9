/** Has search engines leave an answer alone, whatever its app says of that. Names and values in turn. */
export function hideFromRobots(headers: string[]): void {
  for (let at = headers.length - 2; at >= 0; at -= 2)
    if (headers[at]!.toLowerCase() === "x-robots-tag") headers.splice(at, 2);
  headers.push("x-robots-tag", "noindex, nofollow");
}
