import { html, render, useEffect, useState } from './library/preact.js';
import { ask, key } from './ask.js';
import { Pool } from './pool.js';
import { Try } from './try.js';

const views = { try: 'Try', pool: 'Pool' };

function Page() {
  const [view, setView] = useState(viewOfAddress());
  const [info, setInfo] = useState(undefined);
  const [needsKey, setNeedsKey] = useState(false);
  const load = () =>
    ask('GetInfo', {}).then(
      (found) => {
        setInfo(found);
        setNeedsKey(false);
      },
      ({ status }) => setNeedsKey(status === 401),
    );
  useEffect(() => {
    void load();
    const follow = () => setView(viewOfAddress());
    addEventListener('hashchange', follow);
    return () => removeEventListener('hashchange', follow);
  }, []);
  return html`<header>
      <h1>slmrank</h1>
      <nav>
        ${Object.entries(views).map(
          ([name, title]) =>
            html`<a href=${`#${name}`} aria-current=${name === view ? 'page' : undefined}>${title}</a>`,
        )}
      </nav>
      <p class="facts">
        ${
          info === undefined
            ? ''
            : `${info.model}, ${info.precision} on ${info.executionProvider}, scores ${info.scoreFingerprint.slice(0, 12)}`
        }
      </p>
    </header>
    ${needsKey ? html`<${AskKey} onKey=${load} />` : ''}
    ${view === 'pool' ? html`<${Pool} />` : html`<${Try} info=${info} />`}`;
}

function AskKey({ onKey }) {
  return html`<form
    class="key"
    onSubmit=${(event) => {
      event.preventDefault();
      key.write(new FormData(event.target).get('key'));
      onKey();
    }}
  >
    <label>API key <input name="key" type="password" autocomplete="off" /></label>
    <button>Use it in this tab</button>
  </form>`;
}

function viewOfAddress() {
  const name = location.hash.slice(1);
  return name in views ? name : 'try';
}

render(html`<${Page} />`, document.getElementById('page'));
