/** A dependency as its project names it. */
export interface Requirement {
  /** Normalised as PEP 503 says: `Flask_Login` is `flask-login`. */
  name: string;
  extras: readonly string[];
  /** Whether one version is asked for. */
  isPinned: boolean;
}

export interface Requirements {
  found: Requirement[];
  /** Files that are included with `-r` or `-c`, as the text names them. */
  includes: string[];
  /** Whether something of the repository itself is installed: `.`, `./lib`, `-e .`. */
  installsSource: boolean;
  /** Whether some of it is installed as editable, which would lead into the folder of the build. */
  isEditable: boolean;
}

export function normalName(name: string): string {
  return name.toLowerCase().replace(/[-_.]+/g, "-");
}

/** Reads one requirement: `uvicorn[standard]>=0.30; python_version > "3.8"`, `shop @ https://…`; null for anything else. */
export function parseRequirement(text: string): Requirement | null {
  const match = /^([A-Za-z0-9][\w.-]*)\s*(?:\[([^\]]*)\])?\s*(?:$|[<>=!~;@(,\s])/.exec(text.trim());
  if (match === null) return null;
  const extras = (match[2] ?? "").split(",").map((extra) => normalName(extra.trim()));
  const isPinned = /^[^;]*(===?|@)/.test(text);
  return {
    name: normalName(match[1] ?? ""),
    extras: extras.filter((extra) => extra !== ""),
    isPinned,
  };
}

/** Reads a requirements file: https://pip.pypa.io/en/stable/reference/requirements-file-format/. */
export function parseRequirements(text: string): Requirements {
  const result: Requirements = {
    found: [],
    includes: [],
    installsSource: false,
    isEditable: false,
  };
  const lines = text.replace(/\\\r?\n/g, " ").split(/\r?\n/);
  for (const raw of lines) {
    const line = raw.replace(/(^|\s)#.*$/, "").trim();
    if (line === "") continue;
    const include = /^(?:-r|-c|--requirement|--constraint)[ =]\s*(\S+)/.exec(line)?.[1];
    if (include !== undefined) {
      result.includes.push(include);
      continue;
    }
    const editable = /^(?:-e|--editable)[ =]\s*(.+)$/.exec(line)?.[1];
    const what = editable ?? line;
    if (isLocal(what)) {
      result.installsSource = true;
      result.isEditable ||= editable !== undefined;
      continue;
    }
    const egg = /#egg=([\w.-]+)/.exec(raw)?.[1];
    const requirement =
      egg === undefined ? parseRequirement(what) : { name: normalName(egg), extras: [], isPinned: true };
    if (requirement !== null) result.found.push(requirement);
  }
  return result;
}

/** A path of the repository rather than a name: `.`, `./lib`, `libs/shop`, `file:./x`, `shop @ file:./x`. */
function isLocal(text: string): boolean {
  const what = text.replace(/^[\w.-]+\s*(\[[^\]]*\])?\s*@\s*/, "").replace(/\s*;.*$/, "");
  if (/^[a-z+]+:\/\//i.test(what) && !what.startsWith("file:")) return false;
  return /^(\.{1,2}(\/|$|\[)|file:|\/)/.test(what) || /^[\w.-]+\/[\w./-]+$/.test(what);
}
