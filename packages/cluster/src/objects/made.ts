import type { KubeObject } from "../object.ts";

/** A model of the client as it goes over the wire: `_from` and `_default`, which are words of JavaScript, are `from` and `default`; times are text. */
export type Wire<Model> = Model extends Date
  ? string
  : Model extends readonly (infer Item)[]
    ? Wire<Item>[]
    : Model extends object
      ? { [Key in keyof Model as Key extends `_${infer Name}` ? Name : Key]: Wire<Model[Key]> }
      : Model;

/** An object as it is applied: the client's model of a kind, with a name and without what the cluster says of it. */
export type Made<Model> = KubeObject & Omit<Wire<Model>, "apiVersion" | "kind" | "metadata" | "status">;
