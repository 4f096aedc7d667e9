import { usageError } from "../framework/usage-error.ts";

const hint = "Such as: berth config set API_KEY=sk_1 LEVEL=debug";

/** `KEY=value` words; the word of a key alone asks for its value. Throws `input.invalid` without any of the values. */
export function readSettings(words: readonly string[]): { set: Record<string, string>; asked: string[] } {
  const asked: string[] = [];
  const set: [string, string][] = [];
  for (const [index, word] of words.entries()) {
    const cut = word.indexOf("=");
    if (cut === -1) asked.push(word);
    else if (cut === 0) throw usageError(`Word ${index + 1} has a value and no name.`, hint);
    else set.push([word.slice(0, cut), word.slice(cut + 1)]);
  }
  if (words.length === 0) throw usageError("What is to be set is missing.", hint);
  return { set: Object.fromEntries(set), asked };
}
