/** A word of a text, or a number. */
export interface Word {
  /** Half open, in UTF-16 units of the text. */
  readonly start: number;
  readonly end: number;
  /** The word in lower case and in one form of its characters, as tables have it. */
  readonly key: string;
  /** Whether a phrase may not go over the place before it: punctuation, line end, markup. */
  readonly breaks: boolean;
  /** Whether the language puts no spaces between words. */
  readonly isSpaceless: boolean;
}

/** Characters of scripts without spaces between words, with the marks that are read with them. */
const spaceless = String.raw`[\p{sc=Han}\p{sc=Hiragana}\p{sc=Katakana}\p{sc=Thai}\p{sc=Lao}\p{sc=Khmer}\p{sc=Myanmar}\u30fc\u3005]`;
const letter = String.raw`(?!${spaceless})[\p{L}\p{N}\p{M}]`;

/** What is no language: tags, entities other than those within words, addresses. */
const inner = '(?:amp|apos|rsquo|#39|#x27);';
const noise = String.raw`<!--|<\/?[a-zA-Z][^<>]{0,1000}>|&(?!${inner})#?\w{2,31};|\b(?:https?:\/\/|www\.)[^\s<>"]+|[\w.+-]{1,64}@[\w-]+(?:\.[\w-]+)+`;
const joint = String.raw`(?:&${inner}|&(?!#?\w{2,31};)|[-'’.+#_])`;
const word = String.raw`(?:${letter})+(?:${joint}(?:${letter})+)*[+#]*`;
const pattern = new RegExp(
  String.raw`(?<noise>${noise})|(?<spaceless>${spaceless}+)|(?<word>${word})`,
  'gu',
);

/** Noise that goes on to its end: comments, scripts and style sheets. */
const enclosures = [
  { opens: /^<!--/, closes: /-->/g },
  { opens: /^<script\b/i, closes: /<\/script\s*>/gi },
  { opens: /^<style\b/i, closes: /<\/style\s*>/gi },
] as const;

/** Between words: what ends a phrase. A lone full stop is inside a word, or ends a sentence. */
const breaking =
  /[,;:()[\]{}<>|!?"“”„«»•·●▪◦*\n\r\u2028\u2029…¡¿、。，；：！？（）「」『』【】・〜\p{Extended_Pictographic}]|\.|\s(?:[-–—]+|\/)\s|—/u;

/** Longer ones are no words: encoded data, keys, words that lost their spaces. */
const longestWord = 40;
/** Long runs are segmented in pieces: a segmenter's time may grow faster than the length. */
const segmentLength = 400;

const segmenter = new Intl.Segmenter('ja', { granularity: 'word' });

/** The words of a text in any language, in its order. Takes time linear in the text's length. */
export function findWords(text: string): Word[] {
  const words: Word[] = [];
  let end = 0;
  let breaks = true;
  const endOfNoise = noiseEnds(text);
  pattern.lastIndex = 0;
  for (let match = pattern.exec(text); match !== null; match = pattern.exec(text)) {
    const [found] = match;
    const start = match.index;
    breaks ||= breaking.test(text.slice(end, start));
    end = start + found.length;
    const groups = match.groups ?? {};
    if (groups['noise'] !== undefined) {
      breaks = true;
      end = endOfNoise(found, end);
      pattern.lastIndex = end;
    } else if (groups['spaceless'] !== undefined) {
      addSegments(words, { run: found, start, breaks });
      breaks = false;
    } else if (found.length > longestWord) {
      breaks = true;
    } else {
      words.push({ start, end, key: keyOf(found), breaks, isSpaceless: false });
      breaks = false;
    }
  }
  return words;
}

export function keyOf(word: string): string {
  return word.normalize('NFKC').toLowerCase();
}

/** Where noise ends that begins with `opening`. A closing that is missing is searched only once. */
function noiseEnds(text: string): (opening: string, end: number) => number {
  const missing = new Set<RegExp>();
  return (opening, end) => {
    const closes = enclosures.find(({ opens }) => opens.test(opening))?.closes;
    if (closes === undefined || missing.has(closes)) {
      return end;
    }
    closes.lastIndex = end;
    if (closes.test(text)) {
      return closes.lastIndex;
    }
    missing.add(closes);
    return end;
  };
}

interface Run {
  readonly run: string;
  readonly start: number;
  readonly breaks: boolean;
}

function addSegments(words: Word[], { run, start, breaks }: Run): void {
  for (let from = 0; from < run.length; from += segmentLength) {
    for (const { segment, index } of segmenter.segment(run.slice(from, from + segmentLength))) {
      const place = start + from + index;
      words.push({
        start: place,
        end: place + segment.length,
        key: keyOf(segment),
        breaks: breaks && from + index === 0,
        isSpaceless: true,
      });
    }
  }
}
