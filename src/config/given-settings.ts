import { findNearestName } from './nearest-name.ts';
import { flagOf, variableOf } from './setting.ts';

export interface GivenSetting {
  readonly text: string;
  /** The variable or flag that gave it, for messages. */
  readonly source: string;
}

type Found<Name extends string> = readonly (readonly [Name, GivenSetting])[];

/** The flag or variable that gave each setting, by the setting's name. */
export type Given = ReadonlyMap<string, string>;

/**
 * The variable or flag of a setting, as the user typed it. A setting that was not given is named in
 * the form (flag or variable) in which `like` was given.
 */
export function typedName(
  { given }: { readonly given?: Given | undefined },
  name: string,
  like = '',
): string {
  const isFlag = given?.get(like)?.startsWith('--') === true;
  return given?.get(name) ?? (isFlag ? flagOf(name) : variableOf(name));
}

/**
 * Reads `SLMRANK_*` variables. Unknown ones become problems. An empty variable counts as absent.
 */
export function readVariables<Name extends string>(
  env: Readonly<Record<string, string | undefined>>,
  names: readonly Name[],
  problems: string[],
): Found<Name> {
  const known = new Map(names.map((name) => [variableOf(name), name]));
  return Object.entries(env).flatMap(([variable, text]) => {
    if (!variable.startsWith('SLMRANK_') || text === undefined || text === '') {
      return [];
    }
    const name = known.get(variable);
    if (name === undefined) {
      problems.push(unknownName(variable, [...known.keys()]));
      return [];
    }
    return [[name, { text, source: variable }] as const];
  });
}

/**
 * Reads `--flag value` and `--flag=value`. Unknown words and flags without a value become problems.
 */
export function readFlags<Name extends string>(
  argv: readonly string[],
  names: readonly Name[],
  problems: string[],
): Found<Name> {
  const known = new Map(names.map((name) => [flagOf(name), name]));
  const found: (readonly [Name, GivenSetting])[] = [];
  const words = [...argv];
  for (let word = words.shift(); word !== undefined; word = words.shift()) {
    const [flag, inline] = splitAtEquals(word);
    const name = known.get(flag);
    const isFollowed = words[0]?.startsWith('--') === false && word.startsWith('--');
    const text = inline ?? (isFollowed ? words.shift() : undefined);
    if (name === undefined) {
      problems.push(unknownName(flag, [...known.keys()]));
    } else if (text === undefined || text === '') {
      problems.push(`${flag}: a value is missing`);
    } else {
      found.push([name, { text, source: flag }]);
    }
  }
  return found;
}

function splitAtEquals(word: string): readonly [string, string | undefined] {
  const place = word.startsWith('--') ? word.indexOf('=') : -1;
  return place < 0 ? [word, undefined] : [word.slice(0, place), word.slice(place + 1)];
}

/** Names that other servers use for a setting, with the name that it has here. */
const otherWords: readonly (readonly [RegExp, string])[] = [
  [/^(grpc-?)?(port|host|listen|bind|addr)$/, 'address'],
  [/^(metrics|prometheus)-(port|host|listen|bind|addr)$/, 'metrics-address'],
  [/^admin-(port|host|listen|bind|addr)$/, 'admin-address'],
  [/^(threads|workers|replicas|slots|gpus?|cuda)$/, 'devices'],
  [/^(max-)?batch(-size|-tokens)$/, 'token-budget'],
  [/^(model-?)?(path|dir|folder)$/, 'model'],
  [/^(ssl-)?(cert|certificate)(-file)?$/, 'tls-cert'],
  [/^(ssl-)?(private-)?key(-file)?$/, 'tls-key'],
  [/^(verbosity|verbose|debug)$/, 'log-level'],
];

function unknownName(found: string, known: readonly string[]): string {
  const nearest = findOtherWord(found, known) ?? findNearestName(found, known);
  return `${found}: no such setting${nearest === undefined ? '' : `; did you mean ${nearest}?`}`;
}

function findOtherWord(found: string, known: readonly string[]): string | undefined {
  const plain = (name: string) =>
    name
      .replace(/^(--|SLMRANK_)/, '')
      .toLowerCase()
      .replaceAll('_', '-');
  const ours = otherWords.find(([word]) => word.test(plain(found)))?.[1];
  return known.find((name) => plain(name) === ours);
}
