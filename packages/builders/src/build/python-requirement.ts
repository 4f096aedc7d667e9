/** What pip is asked for: a version as far as it is given (`2.1` is `==2.1.*`), or a range as it stands. */
export function pythonRequirement(name: string, version: string): string {
  const wanted = version.trim();
  if (/^\d+\.\d+\.\d+/.test(wanted)) return `${name}==${wanted}`;
  if (/^\d+(\.\d+)?$/.test(wanted)) return `${name}==${wanted}.*`;
  return /^[<>=~!]/.test(wanted) ? `${name}${wanted.replace(/\s+/g, "")}` : name;
}
