import type { Actor } from "../people.ts";
import type { Operation } from "../operation.ts";
import type { Scope } from "../runtime.ts";
import type { ConfigEntry, ConfigName, ConfigScope } from "./entry.ts";
import type { KeyRotation } from "./vault.ts";

/** What is asked for config. */
export interface ConfigDesk {
  /**
   * Stores a change, and rolls it out where it makes a difference. Throws `app.not-found`, `input.invalid`, `not-found` for what is unset
   * and was not set, `config.missing` and `config.invalid` where what is live could not run with it.
   */
  change(change: ConfigChange, actor: Actor): Promise<ConfigChanged>;
  list(app: string): Promise<ConfigListing>;
  /** Throws `not-found`. */
  reveal(request: RevealRequest, actor: Actor): Promise<RevealedSetting[]>;
  /** Of what is stored from what is live, or of what is live in two environments. Throws `environment.not-found`, `release.not-found`. */
  compare(scope: Scope, other: string | null): Promise<ConfigComparison>;
  /** As `ConfigVault.rotate`. */
  rotate(actor: Actor): Promise<KeyRotation>;
  rotation(): Promise<KeyRotation>;
}

export interface ConfigChange {
  app: string;
  scope: ConfigScope;
  /** Null: for all services. */
  service: string | null;
  set: Readonly<Record<string, string>>;
  unset: readonly string[];
  /** Whether it is rolled out now; else the next deploy brings it. */
  release: boolean;
}

export interface ConfigChanged {
  /** Those that it concerns and that serve something. */
  environments: readonly {
    environment: string;
    /** The services that start anew. */
    restarts: readonly string[];
    /** False where a narrower setting wins over all that was set. */
    takesEffect: boolean;
    /** True where what is live has no service of the name that it is for. */
    lacksService: boolean;
    /** Null: nothing restarts, so there is nothing to do. */
    operation: Operation | null;
  }[];
  /** Those that the next deploy brings it to. */
  later: readonly string[];
}

export interface ListedSetting extends Omit<ConfigEntry, "setBy"> {
  /** Null: it was drawn. */
  setBy: string | null;
  isGenerated: boolean;
}

export interface ConfigListing {
  /** With the ids of their values. */
  items: readonly ListedSetting[];
  /** Where a rollback keeps what is stored from holding; `isUnset`: by going without. */
  held: readonly { environment: string; service: string; key: string; isUnset: boolean }[];
}

export interface RevealRequest {
  app: string;
  /** Null: all. */
  scope: ConfigScope | null;
  keys: readonly string[] | null;
}

export interface RevealedSetting extends ConfigName {
  value: string;
  setAt: number;
  setBy: string | null;
  isGenerated: boolean;
}

export interface ConfigDifference {
  service: string;
  key: string;
  /** `left` and `right`: it is there alone. */
  state: "equal" | "different" | "left" | "right";
}

export interface ConfigComparison {
  items: readonly ConfigDifference[];
  /** Services that are there alone, and are not compared. */
  onlyLeft: readonly string[];
  onlyRight: readonly string[];
}
