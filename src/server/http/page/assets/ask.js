/** Questions to the server, in its own JSON (Connect protocol). */

const keyName = 'slmrank-key';

/** The viewer's API key, kept until the tab is closed. */
export const key = {
  read: () => sessionStorage.getItem(keyName) ?? '',
  write: (value) => sessionStorage.setItem(keyName, value),
};

/** An error of the server, with its sentence and status. */
export class Refused extends Error {
  constructor(message, status) {
    super(message);
    this.status = status;
  }
}

/** Asks a method of RankingService. @throws Refused */
export async function ask(method, message, signal) {
  const response = await fetch(`/slmrank.v1.RankingService/${method}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...authorization() },
    body: JSON.stringify(message),
    signal,
  });
  const body = await response.json();
  if (!response.ok) {
    throw new Refused(body.message ?? response.statusText, response.status);
  }
  return body;
}

/** The server's metrics as a map from a series, as written, to its value. @throws Refused */
export async function readMetrics() {
  const response = await fetch('/metrics', { headers: authorization() });
  const text = await response.text();
  if (!response.ok) {
    throw new Refused(text, response.status);
  }
  const series = text.split('\n').flatMap((line) => {
    const found = /^([a-z_]+(?:\{.*\})?) (\S+)$/.exec(line);
    return found === null ? [] : [[found[1], Number(found[2])]];
  });
  return new Map(series);
}

function authorization() {
  const value = key.read();
  return value === '' ? {} : { authorization: `Bearer ${value}` };
}
