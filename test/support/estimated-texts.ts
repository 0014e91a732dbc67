import { readFileSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';

const root = new URL('../../', import.meta.url);

/** English postings of the demo. */
export const postings: readonly string[] = gunzipSync(
  readFileSync(new URL('models/demo/postings.jsonl.gz', root)),
)
  .toString()
  .trim()
  .split('\n')
  .slice(0, 50)
  .map((line) => (JSON.parse(line) as { readonly text: string }).text);

const duties =
  'Answers telephones, greets visitors, keeps the calendar, orders supplies, files papers and prepares letters for the office. ';

const times = (text: string) => Array.from({ length: 8 }, (_, i) => text.repeat(i + 1));

/**
 * Texts with other rates of tokens per character than English. Rates are not calibrated with them.
 */
export const texts = {
  postings,
  repeated: Array.from({ length: 50 }, (_, i) => `Office ${i}. ${duties.repeat(3)}`),
  japanese: times('病棟で患者の看護を行います。夜勤があります。'),
  kana: times(
    '当社では東京本社で勤務するソフトウェアエンジニアを募集しています。リモート勤務も可能です。',
  ),
  hindi: times(
    'हम एक अनुभवी लेखाकार की तलाश कर रहे हैं जो मासिक विवरण तैयार करे और करों का भुगतान समय पर करे। ',
  ),
  code: [
    'src/pipeline/pipeline.ts',
    'src/schedule/forecast/forecast.ts',
    'eslint.config.js',
    'models/training/texts/normalize.py',
  ].map((file) => readFileSync(new URL(file, root), 'utf8').slice(0, 1_500)),
  html: postings.map(
    (text, i) =>
      `<div class="job" id="p${i}"><h2 style="color:#333">Posting ${i}</h2>\n<ul>${text
        .split('. ')
        .map((line) => `\n  <li class="bullet"><p>${line.replaceAll('&', '&amp;')}.</p></li>`)
        .join('')}\n</ul><p>&nbsp;</p></div>`,
  ),
  capitals: postings.slice(0, 20).map((text) => text.toUpperCase()),
} as const;
