/** What is to happen at a call: it throws, or never comes back, as when the process is killed there. */
export type Fault = { throws: Error } | "hangs";

export interface Faults {
  /** The next calls of this method (such as `releases.promote`), before or after it has done its work. */
  at(method: string, when: "before" | "after", fault: Fault, times?: number): void;
  /** From now on all goes well. */
  clear(): void;
  /** Resolves when a fault has struck. */
  struck(): Promise<void>;
  /** The same object, whose methods and those of its parts can be struck. */
  wrap<T extends object>(target: T, prefix?: string): T;
}

export function makeFaults(): Faults {
  const planned = new Map<string, { fault: Fault; times: number }>();
  let strike = Promise.withResolvers<void>();

  async function meet(method: string, when: "before" | "after"): Promise<void> {
    const key = `${when} ${method}`;
    const plan = planned.get(key);
    if (plan === undefined) return;
    const { fault, times } = plan;
    if (times > 1) planned.set(key, { fault, times: times - 1 });
    else planned.delete(key);
    strike.resolve();
    if (fault !== "hangs") throw fault.throws;
    await new Promise(() => {});
  }

  function wrapFunction(method: string, call: (...args: unknown[]) => unknown) {
    return (...args: unknown[]): unknown => {
      if (![...planned.keys()].some((key) => key.endsWith(` ${method}`))) return call(...args);
      return (async () => {
        await meet(method, "before");
        const result = await call(...args);
        await meet(method, "after");
        return result;
      })();
    };
  }

  function wrap<T extends object>(target: T, prefix = ""): T {
    return new Proxy(target, {
      get(_, name) {
        const value: unknown = Reflect.get(target, name);
        const path = `${prefix}${String(name)}`;
        if (typeof value === "function") return wrapFunction(path, value.bind(target));
        return typeof value === "object" && value !== null ? wrap(value, `${path}.`) : value;
      },
    });
  }

  return {
    at(method, when, fault, times = 1) {
      planned.set(`${when} ${method}`, { fault, times });
      strike = Promise.withResolvers();
    },
    clear: () => planned.clear(),
    struck: () => strike.promise,
    wrap,
  };
}
