export const chaosChannel = 'slmrank-chaos';

/** `idle`: at once, between two runs. `busy`: on its next batch, before that runs, so that work is lost. */
export interface Death {
  readonly slot: string;
  readonly when: 'idle' | 'busy';
}
