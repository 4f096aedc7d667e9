export interface Light {
  name: string;
  /** As charts write it: two white flashes in ten seconds. */
  flashes: string;
}

export const lights: readonly Light[] = [
  { name: "Harbour mole", flashes: "Fl.G.4s" },
  { name: "Outer bar", flashes: "Q(6)+LFl.15s" },
];
