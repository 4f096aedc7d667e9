/** What berth.yaml says of a variable besides, or instead of, a value. */
export interface VariableRule {
  /** So many random bytes are drawn for each environment where nothing sets it. */
  generate?: number | undefined;
  /** What is drawn is the same for all services: the rule is the app's, not one service's. */
  isShared?: boolean | undefined;
  /** Without a value nothing is deployed. */
  required?: boolean | undefined;
  /** A regular expression that is found in its value. */
  pattern?: string | undefined;
  description?: string | undefined;
  /** Where berth.yaml says so, such as `services.web.env.API_KEY, line 4, column 7`. */
  at?: string | undefined;
}

/** A variable as berth.yaml declares it: its value, or what is said of it. */
export type Variable =
  | string
  | {
      /** What it is where nothing sets it; null: nothing. */
      value: string | null;
      rule: VariableRule;
    };

export type Variables = Readonly<Record<string, Variable>>;

/** Variables of a service: values that are known from the source, and rules that hold for those that come from elsewhere. */
export interface DeclaredVariables {
  env: Record<string, string>;
  rules?: Record<string, VariableRule> | undefined;
}

/**
 * Lays variables over others, which they replace. A plain value ends that one is drawn; that one is required, and how it looks, goes on
 * to hold for it.
 */
export function layVariables(under: DeclaredVariables, variables: Variables, isShared: boolean): DeclaredVariables {
  const env = { ...under.env };
  const rules = { ...under.rules };
  for (const [key, variable] of Object.entries(variables)) {
    const value = typeof variable === "string" ? variable : variable.value;
    if (value === null) delete env[key];
    else env[key] = value;
    if (typeof variable === "string") {
      if (rules[key]?.generate !== undefined) delete rules[key];
    } else {
      const { rule } = variable;
      rules[key] = rule.generate === undefined ? rule : { ...rule, isShared };
    }
  }
  return { env, ...(Object.keys(rules).length > 0 && { rules }) };
}

/** What a variable is not as its rule has it. */
export interface RuleProblem {
  service: string;
  key: string;
  rule: VariableRule;
  what: "missing" | "mismatch";
}

interface RuledService {
  service: string;
  rules?: Readonly<Record<string, VariableRule>> | undefined;
}

/** The variables that a service has to have and has not. */
export function findMissing({ service, rules = {} }: RuledService, keys: ReadonlySet<string>): RuleProblem[] {
  return Object.entries(rules).flatMap(([key, rule]): RuleProblem[] =>
    rule.required === true && !keys.has(key) ? [{ service, key, rule, what: "missing" }] : [],
  );
}

/** A variable whose value has to look in some way. */
export interface PatternedValue {
  service: string;
  key: string;
  rule: VariableRule;
  pattern: string;
  value: string;
}

/** Those that have to, with their values; what is not set looks in no way. */
export function patternedValues(
  { service, rules = {} }: RuledService,
  env: Readonly<Record<string, string>>,
): PatternedValue[] {
  return Object.entries(rules).flatMap(([key, rule]) =>
    rule.pattern === undefined || !Object.hasOwn(env, key)
      ? []
      : [{ service, key, rule, pattern: rule.pattern, value: env[key]! }],
  );
}
