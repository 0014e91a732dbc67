import type { Scale } from './scale.ts';

export type Point = readonly [x: number, y: number];

/** The geometry of a chart in pixels: its height, the edges of the plot area, and both scales. */
export interface Frame {
  readonly height: number;
  readonly left: number;
  readonly right: number;
  readonly top: number;
  readonly bottom: number;
  readonly x: Scale;
  readonly y: Scale;
}

export function escapeText(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}
