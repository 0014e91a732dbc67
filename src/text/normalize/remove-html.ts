import { decodeHTML } from 'entities';

const names = (list: string) => new Set(list.split(' '));

/** Elements that start on a new line. */
const blocks = names(
  'address article aside blockquote body br caption center dd details dialog dir div dl dt ' +
    'fieldset figcaption figure footer form frameset h1 h2 h3 h4 h5 h6 head header hgroup hr html ' +
    'legend li main menu nav ol optgroup option p pre search section select summary table tbody ' +
    'tfoot thead title tr ul',
);

/** Elements that are separated from the text around them by a space. */
const cells = names('audio button canvas embed iframe img input picture svg td textarea th video');

/**
 * Elements within a word. Names that programs use as types are not here, so that `Array<object>`
 * stays: data, map, object, output, param, slot, template, var.
 */
const inline = names(
  'a abbr acronym area b base basefont bdi bdo big cite code col colgroup del dfn em font i ins ' +
    'kbd label link mark meta meter nobr noscript o:p progress q rb rp rt rtc ruby s samp script ' +
    'small source span strike strong style sub sup time track tt u wbr',
);

/**
 * What may start markup. A tag ends at the next `<` at the latest, also within quotes, so that an
 * unclosed tag costs no more than its own length.
 */
const markup =
  /<!--|<\/?([a-z][a-z0-9:]{0,10})(?:[ \t-\r/]+(?=[a-z_@:>])(?:[^<>"']*(?:(?:"[^"<]*"|'[^'<]*')[^<>"']*)*|[^<>]*))?>/gi;
const closings: ReadonlyMap<string, RegExp> = new Map([
  ['script', /<\/script[ \t-\r/>]/gi],
  ['style', /<\/style[ \t-\r/>]/gi],
]);
/** A numeric reference is read up to nine digits: the largest code point has seven. */
const entity =
  /&(?:#[0-9]{1,9}(?![0-9])|#[xX][0-9a-fA-F]{1,8}(?![0-9a-fA-F])|[A-Za-z][A-Za-z0-9]{1,31});?/g;

/**
 * The text of HTML, without comments, scripts, style sheets and the tags of known elements, and
 * with entities decoded. Both are done twice, and tags are removed a third time, because texts in
 * feeds are often escaped twice. Text that is not HTML is kept: `a < b`, `vector<int>`, `<your
 * name>`.
 */
export function removeHtml(text: string): string {
  const once = decodeEntities(removeMarkup(text));
  return removeMarkup(decodeEntities(removeMarkup(once)));
}

function removeMarkup(text: string): string {
  // A search that reached the end of the text is not repeated, so the cost stays linear.
  const missing = new Set<string>();
  let kept = '';
  let start = 0;
  markup.lastIndex = 0;
  for (let match = markup.exec(text); match !== null; match = markup.exec(text)) {
    const { left, end } = removeOne(text, match, missing);
    if (end > match.index) {
      kept += text.slice(start, match.index) + left;
      start = end;
    }
    markup.lastIndex = Math.max(end, match.index + 1);
  }
  return start === 0 ? text : kept + text.slice(start);
}

interface Removed {
  /** The text that replaces it. */
  readonly left: '' | ' ' | '\n';
  /** The end of the removed text. It equals the start when nothing is removed. */
  readonly end: number;
}

function removeOne(text: string, match: RegExpExecArray, missing: Set<string>): Removed {
  const name = match[1]?.toLowerCase();
  const end = match.index + match[0].length;
  if (name === undefined) {
    // HTML's shortest comment is `<!-->`.
    const dashes = findOnce('-->', missing, () => text.indexOf('-->', match.index + 2));
    return { left: '', end: dashes < 0 ? match.index : dashes + 3 };
  }
  const closing = text[match.index + 1] === '/' ? undefined : closings.get(name);
  const contentEnd =
    closing === undefined ? -1 : findOnce(name, missing, () => search(text, closing, end));
  if (contentEnd >= 0) {
    return { left: '', end: contentEnd };
  }
  return {
    left: blocks.has(name) ? '\n' : cells.has(name) ? ' ' : '',
    end: blocks.has(name) || cells.has(name) || inline.has(name) ? end : match.index,
  };
}

function findOnce(what: string, missing: Set<string>, find: () => number): number {
  const at = missing.has(what) ? -1 : find();
  if (at < 0) {
    missing.add(what);
  }
  return at;
}

function search(text: string, pattern: RegExp, from: number): number {
  pattern.lastIndex = from;
  return pattern.exec(text)?.index ?? -1;
}

function decodeEntities(text: string): string {
  return text.includes('&') ? text.replace(entity, (reference) => decodeHTML(reference)) : text;
}
