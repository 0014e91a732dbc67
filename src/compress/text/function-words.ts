import type { Background } from './background.ts';
import type { Word } from './words.ts';

const list = (words: string) => new Set(words.split(/\s+/));

/** English function words, and words that say nothing in a description of work. */
const stopWords = list(`a an the and or of to in for with on at by from as is are be been being was
were will would shall should may might must can could this that these those it its it's their his
her our your you we they he she i who whom which what when where how not no nor but if then than so
such into onto over under within without through throughout during before after between among
against across about above below up down out off per via including include includes etc e.g i.e
other others any all each every some same own both more most less least very also only well one two
three first new various variety appropriate necessary required related relevant ensure ensures
ensuring provide provides providing provided perform performs performing performed work works
working duties duty responsible responsibilities assist assists assisting use uses using used
knowledge ability skill skills experience following make makes making have has had having do does
doing based order accordance incumbent position employee employees serve serves serving level levels
grade gs qualify qualifying specialized demonstrated able need needs needed assigned basis type
types`);

/** English words before which a long phrase is cut. */
const connectors = list(`and or for in with to by through from on at under within including that
which using such when where who during between into regarding concerning`);

/** Single Han characters that join others, in Chinese. */
const joiningHan = new Set('的和与與及或在对對等了是为為有将將以并並其于於之从從我你他她它们們');

/** What a text's function words are, so that phrases neither begin nor end with them. */
export interface FunctionWords {
  readonly isFunction: (word: Word) => boolean;
  /** Whether a long phrase is cut before the word. */
  readonly isConnector: (word: Word, next: Word | undefined) => boolean;
  /** Whether most words of the text are unknown to the background: another language or jargon. */
  readonly isForeign: boolean;
}

/** Above this share of documents, a word of at most `length` letters joins others. */
const common = { share: 0.35, length: 6 } as const;
/** A word in so many documents says nothing, whatever its length. */
const everywhere = 0.6;
/** In texts of an unknown language: such short words, or short words that the text repeats. */
const foreign = { length: 3, repeatedLength: 5 } as const;

export function findFunctionWords(
  text: string,
  words: readonly Word[],
  background: Background,
): FunctionWords {
  const spaced = words.filter(({ isSpaceless }) => !isSpaceless);
  const unknown = spaced.filter(({ key }) => !stopWords.has(key) && !background.has(key)).length;
  const isForeign = 2 * unknown > spaced.length;
  const counts = new Map<string, number>();
  if (isForeign) {
    spaced.forEach(({ key }) => counts.set(key, (counts.get(key) ?? 0) + 1));
  }
  const isForeignFunction = ({ start, end, key }: Word) => {
    const isShort = key.length <= foreign.length;
    const isRepeated = key.length <= foreign.repeatedLength && (counts.get(key) ?? 0) > 1;
    const written = text.slice(start, end);
    return (isShort || isRepeated) && /^\p{Lu}?\p{Ll}+$/u.test(written);
  };
  const isFunction = (word: Word) => {
    const { key, isSpaceless } = word;
    if (isSpaceless) {
      return joiningHan.has(key) || /^\p{sc=Hiragana}{1,4}$/u.test(key);
    }
    const share = background.share(key);
    return (
      stopWords.has(key) ||
      share > everywhere ||
      (share > common.share && key.length <= common.length) ||
      (isForeign && isForeignFunction(word))
    );
  };
  const isConnector = (word: Word, next: Word | undefined) =>
    word.isSpaceless || isForeign
      ? isFunction(word)
      : connectors.has(word.key) || (word.key === 'of' && next?.key === 'the');
  return { isFunction, isConnector, isForeign };
}
