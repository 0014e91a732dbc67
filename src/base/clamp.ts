/** The nearest value to `value` that is at least `least` and at most `most`. */
export function clamp(value: number, least: number, most: number): number {
  return Math.min(Math.max(value, least), most);
}
