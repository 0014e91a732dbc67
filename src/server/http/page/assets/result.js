import { html, useEffect, useState } from './library/preact.js';
import { ask } from './ask.js';
import { findCut } from './text.js';
import { explain } from './why.js';

const countTokens = async (texts) =>
  (await ask('Tokenize', { texts })).texts.map(({ tokens }) => tokens);

/** From this length on, in UTF-16 units, a text is shown in part until it is opened. */
const longText = 400;

/** One ranked candidate: place, score, what the model read of it, and why on demand. */
export function Result({ place, result, candidate, request, other }) {
  const [cut, setCut] = useState(undefined);
  const [clauses, setClauses] = useState(undefined);
  const [problem, setProblem] = useState('');
  const [isOpen, setOpen] = useState(false);
  const { text, title } = candidate;
  useEffect(() => {
    let isCurrent = true;
    setCut(undefined);
    setClauses(undefined);
    if (result.truncated && request.truncation === undefined) {
      findTextCut(candidate, result.tokens).then(
        (found) => isCurrent && setCut(found),
        () => undefined,
      );
    }
    return () => {
      isCurrent = false;
    };
  }, [result, candidate]);
  const why = async () => {
    setProblem('');
    try {
      setClauses(clauses === undefined ? await explain(request, candidate) : undefined);
    } catch (error) {
      setProblem(error.message);
    }
  };
  const moved = result.index - place;
  const score = result.scored ? result.score : 0;
  return html`<li class="result">
    <div class="line">
      <span class="place">${place + 1}</span>
      <span class="bar" role="img" aria-label=${`score ${score.toFixed(3)}`}>
        <span class="fill" style=${{ width: `${100 * score}%` }}></span>
      </span>
      <span class="score">${result.scored ? score.toFixed(3) : 'none'}</span>
      <span class="moved" title=${`given at ${result.index + 1}`}>${arrow(moved)}</span>
      <span class="facts">
        ${result.tokens} tokens${flagsOf(result).map((flag) => html` <span class="flag">${flag}</span>`)}
        ${other === undefined ? '' : html` <span class="flag">B: place ${other.place + 1}, ${other.score.toFixed(3)}</span>`}
      </span>
      <span class="tools">
        ${
          text.length < longText || clauses !== undefined
            ? ''
            : html`<button type="button" onClick=${() => setOpen(!isOpen)} aria-expanded=${isOpen}>
              ${isOpen ? 'less' : 'more'}
            </button>`
        }
        ${
          text === ''
            ? ''
            : html`<button type="button" onClick=${why} aria-pressed=${clauses !== undefined}>
              why
            </button>`
        }
      </span>
    </div>
    ${title === undefined ? '' : html`<h3>${title}</h3>`}
    <p class=${isOpen || clauses !== undefined ? '' : 'clamped'}>
      ${clauses === undefined ? shortened(text, cut) : weighed(clauses, text)}
    </p>
    ${problem === '' ? '' : html`<p class="problem" role="alert">${problem}</p>`}
  </li>`;
}

/** The title is read whole, so that its tokens are not left for the text. */
async function findTextCut({ title, text }, tokens) {
  const [ofTitle] = title === undefined ? [0] : await countTokens([title]);
  return findCut(text, tokens - ofTitle, countTokens);
}

function arrow(moved) {
  return moved === 0 ? '=' : moved > 0 ? `↑ ${moved}` : `↓ ${-moved}`;
}

function flagsOf({ truncated, cached, scored, skipReason, textSource }) {
  return [
    ...(truncated ? ['cut'] : []),
    ...(cached ? ['cached'] : []),
    ...(scored ? [] : ['not scored']),
    ...named(skipReason, 'SKIP_REASON_'),
    ...named(textSource, 'TEXT_SOURCE_'),
  ];
}

function named(value = '', prefix = '') {
  const word = value.replace(prefix, '').toLowerCase().replaceAll('_', ' ');
  return word === '' || word === 'unspecified' ? [] : [word];
}

function shortened(text, cut) {
  return cut === undefined || cut >= text.length
    ? text
    : html`${text.slice(0, cut)}<s title="not read by the model">${text.slice(cut)}</s>`;
}

function weighed(clauses, text) {
  const most = Math.max(1e-6, ...clauses.map(({ weight }) => Math.abs(weight)));
  return clauses.map(({ start, end, weight }) => {
    const share = `${Math.round((60 * Math.abs(weight)) / most)}%`;
    const kind = weight >= 0 ? 'for' : 'against';
    return html`<mark
      class=${kind}
      style=${{ '--share': share }}
      title=${`the logit is ${Math.abs(weight).toFixed(2)} ${weight >= 0 ? 'lower' : 'higher'} without it`}
      >${text.slice(start, end)}</mark
    >`;
  });
}
