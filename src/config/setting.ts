import type { DeviceSlot } from './device-slots.ts';

/** The facts that a default may depend on. */
export interface Host {
  readonly cores: number;
  readonly devices: readonly DeviceSlot[];
}

/** One setting. Its variable and its flag follow from its name. */
export interface Setting<T> {
  readonly unit: string;
  /** The default, in words when it depends on the host. */
  readonly defaultText: string;
  readonly byDefault: (host: Host) => string;
  readonly bounds: string;
  /** When and why to change it. */
  readonly why: string;
  /** @throws Error with what was found and what is allowed. */
  readonly parse: (text: string) => T;
}

interface Words {
  readonly unit?: string;
  readonly default: string | { readonly text: string; readonly of: (host: Host) => string };
  readonly bounds: string;
  readonly why: string;
}

export function textSetting<T>(words: Words, parse: (text: string) => T): Setting<T> {
  const byDefault = words.default;
  return {
    unit: words.unit ?? '',
    defaultText: typeof byDefault === 'string' ? byDefault : byDefault.text,
    byDefault: typeof byDefault === 'string' ? () => byDefault : byDefault.of,
    bounds: words.bounds,
    why: words.why,
    parse,
  };
}

/** A text that may be absent. The documentation shows `absent` as its default. */
export function optionalSetting(words: {
  readonly absent: string;
  readonly bounds: string;
  readonly why: string;
}): Setting<string | undefined> {
  const { absent, bounds, why } = words;
  return textSetting({ default: { text: absent, of: () => '' }, bounds, why }, (text) =>
    text === '' ? undefined : text,
  );
}

export function choiceSetting<T extends string>(
  choices: readonly T[],
  words: Omit<Words, 'bounds'>,
): Setting<T> {
  const bounds = choices.join(', ');
  return textSetting({ ...words, bounds }, (text) => {
    const choice = choices.find((known) => known === text);
    if (choice === undefined) {
      throw new Error(`'${text}' is unknown; allowed: ${bounds}`);
    }
    return choice;
  });
}

export function countSetting(
  [least, most]: readonly [number, number],
  words: Omit<Words, 'bounds'> & { readonly unit: string },
): Setting<number> {
  const bounds = `${least} to ${most}`;
  return textSetting({ ...words, bounds }, (text) => {
    const count = Number(text);
    if (!/^\d{1,15}$/.test(text) || count < least || count > most) {
      throw new Error(`'${text}' ${words.unit}; allowed are whole numbers, ${bounds}`);
    }
    return count;
  });
}

/** A share of a whole, such as 0.01. */
export function shareSetting(words: Omit<Words, 'bounds'>): Setting<number> {
  return textSetting({ ...words, bounds: '0 to 1' }, (text) => {
    const share = Number(text);
    if (!/^\d*\.?\d+$/.test(text) || share > 1) {
      throw new Error(`'${text}'; allowed are numbers from 0 to 1`);
    }
    return share;
  });
}

/** tokenBudget -> SLMRANK_TOKEN_BUDGET */
export function variableOf(name: string): string {
  return `SLMRANK_${name.replace(/[A-Z]/g, (letter) => `_${letter}`).toUpperCase()}`;
}

/** tokenBudget -> --token-budget */
export function flagOf(name: string): string {
  return `--${name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`;
}
