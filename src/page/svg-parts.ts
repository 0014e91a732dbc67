import type { Scale } from './scale.ts';

export type Point = readonly [x: number, y: number];

/** A chart's height in pixels, the edges of what is inside its axes, and its two scales. */
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
