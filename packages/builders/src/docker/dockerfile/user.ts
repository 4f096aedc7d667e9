/** Who runs where an image says nothing, or root. */
const instanceUser = "1000:1000";

/** The files of an image that give users and groups names. */
export interface Accounts {
  passwd: string;
  group: string;
}

/** Whether an image's user has to be looked up in its own accounts. */
export function isNamedUser(user: string): boolean {
  return user !== "" && !/^\d+(:\d+)?$/.test(user);
}

/** Whether an image would run as root: where it says nothing, it does. */
export function isRoot(user: string): boolean {
  return ["", "0", "root"].includes(user.split(":", 1)[0] ?? "");
}

/** What to tell of an image that would run as root and does not. */
export function rootInstead(user: string, instead: string): string | null {
  if (!isRoot(user)) return null;
  return `runs as ${instead} instead of root${user === "" ? ", as the image names no USER" : ""}`;
}

/** The user of an image as numbers, never root: `node` as /etc/passwd has it, `1000:1000` for root, for nobody, and for a name that is not there. */
export function numericUser(user: string, { passwd, group }: Accounts): string {
  const [name = "", groupName] = user.split(":", 2);
  const account = lines(passwd).find(([login, , uid]) => login === name || uid === name);
  const uid = /^\d+$/.test(name) ? name : account?.[2];
  if (uid === undefined || Number(uid) === 0) return instanceUser;
  const named = groupName === undefined ? undefined : lines(group).find(([each]) => each === groupName)?.[2];
  const gid = groupName !== undefined && /^\d+$/.test(groupName) ? groupName : (named ?? account?.[3] ?? uid);
  return `${uid}:${gid}`;
}

function lines(text: string): string[][] {
  return text.split("\n").map((line) => line.split(":"));
}
