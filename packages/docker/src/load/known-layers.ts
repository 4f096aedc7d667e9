import type { Digest } from "@berth/core";
import type { Engine } from "../engine.ts";
import { refusalOf } from "../refusal.ts";

/** More images than this are not looked at one by one: then a layer that is there may be given again. */
const maxLooks = 300;
const atOnce = 8;

/** Which layers an engine has, as far as it is known: by the chain of layers up to each. What is wrong in it costs a second try, nothing else. */
export class KnownLayers {
  readonly #engine: Engine;
  #chains: Promise<Set<string>> | null = null;

  constructor(engine: Engine) {
    this.#engine = engine;
  }

  /** How many of an image's lowest layers the engine has. */
  async count(layers: readonly Digest[]): Promise<number> {
    const chains = await this.#read();
    let count = 0;
    while (count < layers.length && chains.has(chainKey(layers, count + 1))) count += 1;
    return count;
  }

  async add(layers: readonly Digest[]): Promise<void> {
    addChains(await this.#read(), layers);
  }

  /** Looks at the engine's images again before the next answer. */
  forget(): void {
    this.#chains = null;
  }

  #read(): Promise<Set<string>> {
    const reading = (this.#chains ??= this.#look());
    reading.catch(() => {
      if (this.#chains === reading) this.#chains = null;
    });
    return reading;
  }

  async #look(): Promise<Set<string>> {
    const chains = new Set<string>();
    const images = await this.#engine.ask((docker) => docker.listImages());
    const ids = images.slice(0, maxLooks).map(({ Id }) => Id);
    for (let start = 0; start < ids.length; start += atOnce) {
      const looks = ids.slice(start, start + atOnce).map((id) => this.#layersOf(id));
      for (const layers of await Promise.all(looks)) addChains(chains, layers);
    }
    return chains;
  }

  async #layersOf(id: string): Promise<Digest[]> {
    try {
      const { RootFS } = await this.#engine.ask((docker) => docker.getImage(id).inspect());
      return (RootFS?.Layers ?? []) as Digest[];
    } catch (error) {
      // Removed since it was listed.
      if (refusalOf(error) !== null) return [];
      throw error;
    }
  }
}

function addChains(chains: Set<string>, layers: readonly Digest[]): void {
  for (let count = 1; count <= layers.length; count += 1) chains.add(chainKey(layers, count));
}

function chainKey(layers: readonly Digest[], count: number): string {
  return layers.slice(0, count).join(" ");
}
