import type { Site } from "../static/serve.ts";

const servers = /^(?:npx (?:-y |--yes )?)?(?:serve|http-server|sirv|sirv-cli|live-server)(?:@[\w.]+)?(?= |$)/;
/** Options of these programs that are followed by a value. */
const withValue = new Set(["-l", "--listen", "-p", "--port", "-c", "--config", "-a", "--host", "-H", "-L"]);

/** The site that a start script such as `serve -s build -l 3000` serves; null for other scripts. They would not listen on PORT. */
export function siteOfScript(text: string): Site | null {
  const match = servers.exec(text);
  if (match === null || /[|&;<>$`]/.test(text)) return null;
  const words = text.slice(match[0].length).trim().split(/\s+/).filter(Boolean);
  const folder = words.find((word, index) => !word.startsWith("-") && !withValue.has(words[index - 1] ?? "")) ?? ".";
  const isSingle = words.includes("-s") || words.includes("--single");
  const clean = folder.replace(/^\.\//, "").replace(/\/+$/, "") || ".";
  if (clean.startsWith("/") || clean.split("/").includes("..")) return null;
  return { folder: clean, fallback: isSingle ? "index.html" : null, hashedAssets: false };
}
