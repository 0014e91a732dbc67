/** Fits any text into one line of a terminal. Widths are in Unicode code points. */

/** Replaces line ends and control characters, which a terminal would interpret, by spaces. */
export function oneLine(text: string): string {
  return text.replace(/[\s\p{Cc}]+/gu, ' ').trim();
}

/** Cuts a text to a width, with an ellipsis at its end; no character is cut in half. */
export function fit(text: string, width: number): string {
  const points = Array.from(text);
  return points.length <= width ? text : `${points.slice(0, width - 1).join('')}…`;
}

/** Fills a text with spaces up to a width. */
export function pad(text: string, width: number): string {
  return `${text}${' '.repeat(Math.max(0, width - widthOf(text)))}`;
}

export function widthOf(text: string): number {
  return Array.from(text).length;
}
