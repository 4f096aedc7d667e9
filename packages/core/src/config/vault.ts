import type { Actor } from "../people.ts";
import type { SealedValue } from "./entry.ts";

/** The one place that has the keys: seals what is to be stored, and opens it. */
export interface ConfigVault {
  /** Seals these texts, in their order, as values with new ids. Their key stays until `keep` has stored them. */
  seal<T>(app: string, texts: readonly string[], keep: (values: readonly SealedValue[]) => Promise<T>): Promise<T>;
  /** Throws `config.sealed`. */
  open(value: SealedValue): string;
  /**
   * From now on another key seals, and what the ones before have sealed is sealed anew, in the background; they go when that is done.
   * Throws `conflict` where the key is the operator's to change, and has not changed.
   */
  rotate(actor: Actor): Promise<KeyRotation>;
  /** How far that is. */
  rotation(): Promise<KeyRotation>;
}

export interface KeyRotation {
  /** The key that seals. */
  keyId: string;
  /** Others that some value may still need. */
  before: readonly string[];
}
