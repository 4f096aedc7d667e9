/**
 * How the process of a server is started. A young generation of 2 MB instead of 16 and two arenas of malloc instead of eight per
 * core keep an idle server 50 MB smaller, and a smaller process starts others faster: its page tables are copied for each.
 * With room for less than 2 GB V8 lets the old generation double, instead of growing fourfold, before it collects: a push of 100,000
 * files takes 140 MB less.
 */
export const serverFlags = ["--max-semi-space-size=2", "--max-old-space-size=1900"];
export const serverEnv = { MALLOC_ARENA_MAX: "2" };
