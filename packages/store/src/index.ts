export { keyCommand, keyFile, type KeySource } from "./config-keys/key-source.ts";
export { openConfigVault, type OpenedVault } from "./config-keys/open-vault.ts";
export { openSqliteStore, type SqliteStoreDeps } from "./sqlite/open.ts";
