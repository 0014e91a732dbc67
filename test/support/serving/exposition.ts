/** A strict parser of Prometheus' text format: throws on every line that violates the format. */
export interface Family {
  readonly type: string;
  readonly help: string;
  readonly samples: Map<string, number>;
}

const name = '[a-zA-Z_:][a-zA-Z0-9_:]*';
const label = '[a-zA-Z_][a-zA-Z0-9_]*="(?:[^"\\\\\\n]|\\\\["\\\\n])*"';
const value = '[+-]?(?:\\d+(?:\\.\\d+)?(?:e[+-]?\\d+)?|Inf)|Na[nN]';
const sample = new RegExp(`^(${name})((?:\\{${label}(?:,${label})*\\})?) (${value})$`);

export function parseExposition(text: string): ReadonlyMap<string, Family> {
  if (!text.endsWith('\n')) {
    throw new Error('the last line has no line end');
  }
  const families = new Map<string, Family>();
  let help: readonly [string, string] = ['', ''];
  let open: Family | undefined;
  let openName = '';
  for (const line of text.split('\n').filter((each) => each !== '' && each !== '# EOF')) {
    const [, kind, described = '', rest = ''] =
      new RegExp(`^# (HELP|TYPE) (${name}) (.+)$`).exec(line) ?? [];
    if (kind === 'HELP') {
      help = [described, rest];
    } else if (kind === 'TYPE') {
      openName = described;
      if (help[0] !== openName || families.has(openName)) {
        throw new Error(`${openName} is described twice or without help`);
      }
      open = { type: rest, help: help[1], samples: new Map() };
      families.set(openName, open);
    } else {
      const [, found = '', labels = '', number = ''] = sample.exec(line) ?? [];
      if (open === undefined || !found.startsWith(openName) || open.samples.has(found + labels)) {
        throw new Error(`not a sample of ${openName}, or a repeated one: ${line}`);
      }
      open.samples.set(found + labels, Number(number.replace('Inf', 'Infinity')));
    }
  }
  return families;
}

/** The value of one series, written as in the exposition; undefined when it is not there. */
export function sampleOf(text: string, series: string): number | undefined {
  for (const { samples } of parseExposition(text).values()) {
    if (samples.has(series)) {
      return samples.get(series);
    }
  }
  return undefined;
}
