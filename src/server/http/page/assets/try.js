import { html, useEffect, useState } from './library/preact.js';
import { ask } from './ask.js';
import { readCandidates, writeCandidates } from './candidates.js';
import { Result } from './result.js';

const empty = {
  query: '',
  pasted: '',
  instruction: '',
  tokens: '',
  otherInstruction: '',
  otherTokens: '',
};

/** A query and candidates, ranked by the server, also under a second setting beside the first. */
export function Try({ info }) {
  const [form, setForm] = useState(empty);
  const [answer, setAnswer] = useState(undefined);
  const [problem, setProblem] = useState('');
  const [isBusy, setBusy] = useState(false);
  const set = (name) => (event) => setForm({ ...form, [name]: event.target.value });
  const rank = async (asked = form) => {
    setBusy(true);
    setProblem('');
    try {
      setAnswer(await rankBoth(asked));
    } catch (error) {
      setProblem(error.message);
    }
    setBusy(false);
  };
  const useSamples = async () => {
    const { query, candidates } = await (await fetch('/page/samples.json')).json();
    const filled = { ...form, query, pasted: writeCandidates(candidates) };
    setForm(filled);
    await rank(filled);
  };
  useEffect(() => {
    const hear = (event) => {
      if (event.key === 'Enter' && (event.ctrlKey || event.metaKey)) {
        void rank();
      }
    };
    addEventListener('keydown', hear);
    return () => removeEventListener('keydown', hear);
  });
  return html`<main class="columns">
    <form
      onSubmit=${(event) => {
        event.preventDefault();
        void rank();
      }}
    >
      <label>Query <input value=${form.query} onInput=${set('query')} autofocus /></label>
      <label>
        Candidates, one a line, or JSON lines with id, title and text
        <textarea rows="14" value=${form.pasted} onInput=${set('pasted')}></textarea>
      </label>
      <details>
        <summary>Settings, and a second one beside it</summary>
        ${settings('A', form, set, info, 'instruction', 'tokens')}
        ${settings('B', form, set, info, 'otherInstruction', 'otherTokens')}
      </details>
      <div class="buttons">
        <button class="main" disabled=${isBusy}>${isBusy ? 'ranking…' : 'Rank (Ctrl+Enter)'}</button>
        <button type="button" onClick=${useSamples} disabled=${isBusy}>Sample postings</button>
      </div>
      ${problem === '' ? '' : html`<p class="problem" role="alert">${problem}</p>`}
    </form>
    <section aria-live="polite">${answer === undefined ? hint : html`<${Answer} ...${answer} />`}</section>
  </main>`;
}

const hint = html`<p class="hint">
  Results appear here: each candidate's score, its place before and after, what the model read of
  it, and why.
</p>`;

function settings(name, form, set, info, instruction, tokens) {
  return html`<fieldset>
    <legend>${name}</legend>
    <label>
      Instruction
      <input value=${form[instruction]} onInput=${set(instruction)} placeholder=${info?.instruction ?? ''} />
    </label>
    <label>
      Most tokens of a candidate
      <input
        inputmode="numeric"
        value=${form[tokens]}
        onInput=${set(tokens)}
        placeholder=${info?.limits?.candidateTokens ?? ''}
      />
    </label>
  </fieldset>`;
}

/** Ranks by the first setting, and by the second where it is given. */
async function rankBoth(form) {
  const candidates = readCandidates(form.pasted);
  const base = { query: form.query, onBadCandidate: 'ON_BAD_CANDIDATE_SKIP' };
  const first = { ...base, ...settingOf(form.instruction, form.tokens) };
  const second = settingOf(form.otherInstruction, form.otherTokens);
  const [reply, other] = await Promise.all([
    ask('Rank', { ...first, candidates }),
    Object.keys(second).length === 0 ? undefined : ask('Rank', { ...base, ...second, candidates }),
  ]);
  return { candidates, request: first, reply, other };
}

function settingOf(instruction, tokens) {
  return {
    ...(instruction.trim() === '' ? {} : { instruction }),
    ...(tokens.trim() === '' ? {} : { maxCandidateTokens: tokens.trim() }),
  };
}

function Answer({ candidates, request, reply, other }) {
  const { usage, times } = reply;
  const places = new Map(
    other?.results.map(({ index, score }, place) => [index, { place, score }]),
  );
  return html`<p class="facts">
      ${usage.scored} scored in ${times.totalMs.toFixed(0)} ms: ${times.encodeMs.toFixed(1)} encoding,
      ${' '}${times.queueMs.toFixed(1)} waiting, ${times.runMs.toFixed(1)} running; ${usage.packedTokens}
      ${' '}tokens packed${usage.cached > 0 ? `, ${usage.cached} from the cache` : ''}
    </p>
    <ol class="results">
      ${reply.results.map(
        (result, place) =>
          html`<${Result}
            key=${result.index}
            place=${place}
            result=${result}
            candidate=${candidates[result.index]}
            request=${request}
            other=${places.get(result.index)}
          />`,
      )}
    </ol>`;
}
