/** The secrets of a build, as what is looked for in what it prints and makes. */
export interface Secrets {
  readonly names: readonly string[];
  /** A text with every secret in it replaced. */
  mask(text: string): string;
  /** The name of a secret and each form of its value that a file may hold. */
  readonly forms: readonly { name: string; bytes: Buffer }[];
}

/** What is shorter says nothing: to look for it would find it everywhere. */
const shortest = 4;
const masked = "***";

/**
 * Secrets are looked for as they are, in base64 (at each of the three places that a value can begin at within a group of three bytes),
 * as part of an address, and line by line where a value has several.
 */
export function makeSecrets(values: Readonly<Record<string, string>>): Secrets {
  const names = Object.keys(values).sort();
  const forms = names.flatMap((name) => formsOf(values[name] ?? "").map((text) => ({ name, text })));
  // The longest first: a form that is part of another must not leave the rest of it.
  const texts = [...new Set(forms.map(({ text }) => text))].sort((a, b) => b.length - a.length);
  return {
    names,
    mask: (text) => texts.reduce((left, form) => left.replaceAll(form, masked), text),
    forms: forms.map(({ name, text }) => ({ name, bytes: Buffer.from(text) })),
  };
}

function formsOf(value: string): string[] {
  const trimmed = value.trim();
  const lines = trimmed.split(/\r?\n/).map((line) => line.trim());
  // A line of several has to be long enough to be telling: `-----BEGIN` of a key is not.
  const parts = lines.length === 1 ? [trimmed] : [value, trimmed, ...lines.filter((line) => line.length >= 16)];
  const plain = parts.filter((part) => part.length >= shortest && !/^-+[A-Z ]+-+$/.test(part));
  const encoded = plain.flatMap((part) => [
    encodeURIComponent(part),
    JSON.stringify(part).slice(1, -1),
    ...base64(part),
  ]);
  return [...new Set([...plain, ...encoded])].filter((form) => form.length >= shortest);
}

/** Those characters of a value's base64 that do not depend on what stands before and after it, in both alphabets. */
function base64(value: string): string[] {
  const bytes = Buffer.from(value);
  if (bytes.length < 6) return [];
  return [0, 1, 2].flatMap((before) => {
    const text = Buffer.concat([Buffer.alloc(before), bytes])
      .toString("base64")
      .replace(/=+$/, "");
    const first = before === 0 ? 0 : before + 1;
    const end = Math.floor(((before + bytes.length) * 8) / 6);
    const known = text.slice(first, end);
    return [known, known.replaceAll("+", "-").replaceAll("/", "_")];
  });
}
