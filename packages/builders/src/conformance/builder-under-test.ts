import type { BuildPlan } from "@berth/core";
import type { Images } from "@berth/images";
import type { CachingBuilder } from "../build/make-builder.ts";

/** What the conformance suite needs of a builder: one with a home of its own. */
export interface BuilderUnderTest {
  home: string;
  images: Images;
  builder: CachingBuilder;
  /** What plans have to say for it, such as the image that steps run in: Node 24 with npm. */
  plan: Partial<BuildPlan>;
  /** Whether a step without a network really has none. */
  enforcesNoNetwork: boolean;
  /** What there is outside of its home that tells of builds, such as an engine's records, as text. */
  records(): Promise<string>;
  /** How many processes or containers of builds there are. */
  remains(): Promise<number>;
  dispose(): Promise<void>;
}

/** Makes builders of the kind that is tested. */
export type OpenBuilder = () => Promise<BuilderUnderTest>;
