/** Candidates as people paste them: a text on each line, or JSON lines with id, title and text. */

/** @throws Error naming the line that is not JSON. */
export function readCandidates(pasted) {
  const lines = pasted.split('\n').map((line) => line.trim());
  return lines.flatMap((line, place) => {
    if (line === '') {
      return [];
    }
    return [line.startsWith('{') ? readObject(line, place + 1) : { id: '', text: line }];
  });
}

function readObject(line, number) {
  let found;
  try {
    found = JSON.parse(line);
  } catch {
    throw new Error(`line ${number} starts with { but is not JSON`);
  }
  const { id, _id, title, text } = found;
  return {
    id: String(id ?? _id ?? ''),
    text: String(text ?? ''),
    ...(title === undefined ? {} : { title: String(title) }),
  };
}

export function writeCandidates(candidates) {
  return candidates.map((each) => JSON.stringify(each)).join('\n');
}
