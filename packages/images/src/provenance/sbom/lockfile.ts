import type { LockedPackage } from "./locked-package.ts";

/** A kind of lockfile: how it is found and read. */
export interface Lockfile {
  /** Whose packages it names: of several of one ecosystem in a folder, the one that the plan's steps name is read. */
  ecosystem: string;
  /** Its name in its folder. */
  name: string;
  /** Whether each part of a project has one of its own; others count in the root of a source alone. */
  nested: boolean;
  /** Files at and below its folder that it is read with. */
  beside: RegExp | null;
  /** The packages it names. Throws where the text is not what its name says. What reads its language is loaded when it is needed. */
  parse(text: string, beside: ReadBeside): LockedPackage[] | Promise<LockedPackage[]>;
}

/** The text of a file by its path from the lockfile's folder; undefined where there is none. */
export type ReadBeside = (path: string) => string | undefined;
