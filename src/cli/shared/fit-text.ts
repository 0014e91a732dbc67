/** Fits texts of any content into one line of a terminal. Widths are in Unicode code points. */

/** Without line ends and control characters, which a terminal would obey. */
export function oneLine(text: string): string {
  return text.replace(/[\s\p{Cc}]+/gu, ' ').trim();
}

/** Cut to a width, with an ellipsis in the last place; no character is cut in half. */
export function fit(text: string, width: number): string {
  const points = Array.from(text);
  return points.length <= width ? text : `${points.slice(0, width - 1).join('')}…`;
}

/** Filled with spaces up to a width. */
export function pad(text: string, width: number): string {
  return `${text}${' '.repeat(Math.max(0, width - widthOf(text)))}`;
}

export function widthOf(text: string): number {
  return Array.from(text).length;
}
